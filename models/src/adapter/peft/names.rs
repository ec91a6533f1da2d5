//! The names of matrices in PEFT and in GGUF files.

pub(super) const ARCHITECTURES: [&str; 4] = ["llama", "qwen2", "qwen3", "gemma3"];

/// The linear layers of a block, by their modules and by their tensors.
const MODULES: [(&str, &str); 7] = [
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
];
const QUERY: usize = 0;
const KEY: usize = 1;

/// What stands before `layers.`: in a model with a head, without one, and in
/// models that see.
const PREFIXES: [&str; 5] =
    ["model.language_model.", "language_model.model.", "model.", "language_model.", ""];

/// A matrix of the model. Sorts as the model applies them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ModelMatrix {
    layer: u32,
    module: usize,
}

/// One of the two factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Factor {
    /// From inputs to the rank.
    A,
    /// From the rank to outputs.
    B,
}

impl ModelMatrix {
    /// The place of a tensor such as `blk.3.attn_q.weight`.
    pub(super) fn in_gguf(name: &str) -> Option<Self> {
        let (layer, tensor) =
            name.strip_prefix("blk.")?.strip_suffix(".weight")?.split_once('.')?;
        let module = MODULES.iter().position(|(_, gguf)| *gguf == tensor)?;
        Some(Self { layer: number(layer)?, module })
    }

    /// The place of a module such as `model.layers.3.self_attn.q_proj`.
    fn of_module(path: &str) -> Option<Self> {
        let layers = PREFIXES.iter().find_map(|prefix| {
            path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix("layers."))
        });
        let (layer, module) = layers?.split_once('.')?;
        let module = MODULES.iter().position(|(peft, _)| *peft == module)?;
        Some(Self { layer: number(layer)?, module })
    }

    /// Such as `blk.3.attn_q.weight`.
    pub(super) fn gguf_name(self) -> String {
        format!("blk.{}.{}.weight", self.layer, MODULES[self.module].1)
    }

    /// Such as `model.layers.3.self_attn.q_proj`.
    pub(super) fn module_path(self) -> String {
        format!("model.layers.{}.{}", self.layer, MODULES[self.module].0)
    }

    /// Such as `q_proj`: what the module is called in every layer.
    pub(super) fn module_name(self) -> &'static str {
        let (path, _) = MODULES[self.module];
        path.rsplit_once('.').map_or(path, |(_, name)| name)
    }

    /// Such as `base_model.model.model.layers.3.self_attn.q_proj.lora_A.weight`.
    pub(super) fn peft_name(self, factor: Factor) -> String {
        format!("base_model.model.{}.lora_{factor:?}.weight", self.module_path())
    }

    pub(super) fn is_query(self) -> bool {
        self.module == QUERY
    }

    pub(super) fn is_key(self) -> bool {
        self.module == KEY
    }
}

/// The matrix, its module's path and the factor that PEFT gives this name; where
/// it is no factor of a linear layer, what it is instead.
pub(super) fn in_peft(name: &str) -> Result<(ModelMatrix, &str, Factor), &'static str> {
    const ENDS: [(&str, Factor); 4] = [
        (".lora_A.weight", Factor::A),
        (".lora_A.default.weight", Factor::A),
        (".lora_B.weight", Factor::B),
        (".lora_B.default.weight", Factor::B),
    ];
    let path = name.strip_prefix("base_model.model.").unwrap_or(name);
    let found = ENDS.iter().find_map(|&(end, factor)| {
        let module = path.strip_suffix(end)?;
        Some((ModelMatrix::of_module(module)?, module, factor))
    });
    found.ok_or_else(|| what_else(path))
}

fn what_else(path: &str) -> &'static str {
    let has = |part: &str| path.contains(part);
    if has("lora_embedding_") || has("embed_tokens") {
        "one of the embedding"
    } else if has("lm_head") {
        "one of the output head"
    } else if has("lora_magnitude_vector") {
        "a magnitude of DoRA"
    } else if has("bias") {
        "a bias"
    } else if has(".lora_A.") || has(".lora_B.") {
        "one of another module"
    } else {
        "no factor"
    }
}

/// Plain digits: `+3` and `03` are other names.
fn number(digits: &str) -> Option<u32> {
    let number = digits.parse::<u32>().ok()?;
    (number.to_string() == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &str) {
        let (place, _, factor) = in_peft(name).unwrap();
        assert_eq!(format!("{} {factor:?}", place.gguf_name()), expected);
        assert_eq!(ModelMatrix::in_gguf(&place.gguf_name()), Some(place));
        let written = place.peft_name(factor);
        assert_eq!(in_peft(&written).unwrap().0, place);
    }

    #[test]
    fn all_seven_layers_have_two_names() {
        let full =
            |module: &str| format!("base_model.model.model.layers.12.{module}.lora_A.weight");
        check(&full("self_attn.q_proj"), "blk.12.attn_q.weight A");
        check(&full("self_attn.k_proj"), "blk.12.attn_k.weight A");
        check(&full("self_attn.v_proj"), "blk.12.attn_v.weight A");
        check(&full("self_attn.o_proj"), "blk.12.attn_output.weight A");
        check(&full("mlp.gate_proj"), "blk.12.ffn_gate.weight A");
        check(&full("mlp.up_proj"), "blk.12.ffn_up.weight A");
        check(&full("mlp.down_proj"), "blk.12.ffn_down.weight A");
    }

    #[test]
    fn prefixes_depend_on_the_class_of_the_model() {
        let expected = "blk.0.attn_v.weight B";
        check("base_model.model.layers.0.self_attn.v_proj.lora_B.weight", expected);
        check("model.layers.0.self_attn.v_proj.lora_B.weight", expected);
        check("layers.0.self_attn.v_proj.lora_B.default.weight", expected);
        let seeing = ["model.language_model.", "language_model.model."];
        for prefix in seeing.map(|prefix| format!("base_model.model.{prefix}")) {
            check(&format!("{prefix}layers.0.self_attn.v_proj.lora_B.weight"), expected);
        }
    }

    fn check_refused(name: &str, expected: &str) {
        assert_eq!(in_peft(name).unwrap_err(), expected);
    }

    #[test]
    fn what_is_no_linear_layer_is_called_what_it_is() {
        check_refused(
            "base_model.model.model.embed_tokens.lora_embedding_A",
            "one of the embedding",
        );
        check_refused("base_model.model.lm_head.lora_A.weight", "one of the output head");
        let module = "base_model.model.model.layers.0.self_attn.q_proj";
        check_refused(&format!("{module}.lora_magnitude_vector"), "a magnitude of DoRA");
        check_refused(&format!("{module}.lora_B.bias"), "a bias");
        check_refused(&format!("{module}.base_layer.weight"), "no factor");
        let vision = "base_model.model.vision_tower.encoder.layers.0.self_attn.q_proj";
        check_refused(&format!("{vision}.lora_A.weight"), "one of another module");
        check_refused("model.layers.+1.self_attn.q_proj.lora_A.weight", "one of another module");
    }
}
