//! The linear layers of a transformer, which adapters adapt.

/// A linear layer of a transformer's layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Queries.
    Query,
    /// Keys.
    Key,
    /// Values.
    Value,
    /// What attention puts out.
    Output,
    /// The gate of the feed-forward block.
    Gate,
    /// Its way up.
    Up,
    /// Its way down.
    Down,
}

impl Target {
    /// All seven, in the order of computation.
    pub const ALL: [Self; 7] =
        [Self::Query, Self::Key, Self::Value, Self::Output, Self::Gate, Self::Up, Self::Down];

    /// The middle of the tensor's name: `blk.0.{name}.weight`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "attn_q",
            Self::Key => "attn_k",
            Self::Value => "attn_v",
            Self::Output => "attn_output",
            Self::Gate => "ffn_gate",
            Self::Up => "ffn_up",
            Self::Down => "ffn_down",
        }
    }

    /// The target of that name; its case does not matter.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name().eq_ignore_ascii_case(name))
    }
}

/// An adapted matrix: the layer, from 0, and its linear layer.
pub type AdaptedMatrix = (usize, Target);

/// The matrix whose tensor has this name, such as `blk.0.attn_q.weight`.
pub fn place(name: &str) -> Option<AdaptedMatrix> {
    let (layer, rest) = name.strip_prefix("blk.")?.split_once('.')?;
    Some((layer.parse().ok()?, Target::from_name(rest.strip_suffix(".weight")?)?))
}
