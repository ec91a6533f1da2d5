//! The methods, one a file: each reads as its paper does.

pub mod supervised;
