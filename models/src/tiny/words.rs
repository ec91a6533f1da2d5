//! The tiny model's vocabulary: control tokens, bytes, and a few merges.

use crate::tokenizer::char_of_byte;

/// The first ids, in this order.
pub(super) const CONTROL_TOKENS: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

/// `ChatML`, as SmolLM2 and Qwen write it, without a default system message.
pub(super) const CHAT_TEMPLATE: &str = "{% for message in messages %}\
    {{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}\
    {% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// The commonest pairs of English in the order in which they merge, then pairs
/// that tell one way to split words from another.
#[rustfmt::skip]
pub(super) const MERGES: [&str; 61] = [
    "Ġ t", "Ġ a", "h e", "i n", "r e", "o n", "Ġt he", "e r", "Ġ s", "a t", "Ġ o", "e n", "Ġ c",
    "i t", "i s", "a n", "o r", "e s", "Ġ w", "e d", "n g", "i ng", "Ġ b", "Ġ p", "a l", "a r",
    "Ġ f", "n d", "Ġt o", "Ġo f", "Ġ m", "Ġ d", "Ġ h", "l e", "o u", "Ġ in", "Ġa nd", "l l",
    "Ġ y", "Ġy ou", "v e", "g o", "Ġ go", "Ġ on", "o or", "d oor", "Ġo p", "Ġop en", "Ġ Ġ",
    "ĠĠ ĠĠ", "Ċ Ċ", "' R", "1 2", "12 3", "Ġ 1", ". .", ". Ċ", "( x", "ĉ x", "Ċ Ġ", "'R E",
];

/// All tokens in the order of their ids.
pub(super) fn tokens() -> Vec<String> {
    let control = CONTROL_TOKENS.iter().map(|&token| token.to_owned());
    let bytes = (0..=u8::MAX).map(|byte| char_of_byte(byte).to_string());
    let merged = MERGES.iter().map(|merge| merge.replace(' ', ""));
    control.chain(bytes).chain(merged).collect()
}
