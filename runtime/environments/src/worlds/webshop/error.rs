//! Errors in WebShop's catalogues.

use std::path::PathBuf;

use crate::rows::RowError;
use crate::world::WorldError;

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebshopError {
    /// The file cannot be read, or a line is no product.
    #[error(transparent)]
    Rows(#[from] RowError),
    /// The file has no products.
    #[error("the catalogue {path:?} has no products")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl From<WebshopError> for WorldError {
    fn from(error: WebshopError) -> Self {
        Self::Own(Box::new(error))
    }
}
