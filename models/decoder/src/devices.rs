//! The devices that this build can compute on, and their names.
//!
//! A name is a kind, or a kind and a number behind a colon: `flex`, `wgpu`,
//! `cuda:1`. Which kinds there are is decided by this crate's features.

use burn::tensor::{Device, DeviceType};

use crate::error::DecoderError;

/// A device with its name.
#[derive(Clone, Debug)]
pub struct NamedDevice {
    /// For example `cuda:1`.
    pub name: String,
    /// The device.
    pub device: Device,
}

impl NamedDevice {
    /// The driver's description.
    pub fn about(&self) -> String {
        match self.name.split(':').next() {
            Some("flex") => {
                format!("this processor, {} threads", rayon::current_num_threads())
            }
            _ => format!("{:?}", self.device),
        }
    }
}

/// Sets the number of threads on the CPU, for the whole process; tells whether it
/// is the first to do so, since it cannot be changed. The same number gives the
/// same bits.
pub fn use_threads(threads: usize) -> bool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().is_ok()
}

/// The kinds of this build, the CPU first.
fn kinds() -> Vec<(&'static str, DeviceType)> {
    vec![
        ("flex", DeviceType::Flex),
        #[cfg(feature = "wgpu")]
        ("wgpu", DeviceType::Wgpu),
        #[cfg(feature = "vulkan")]
        ("vulkan", DeviceType::Vulkan),
        #[cfg(feature = "metal")]
        ("metal", DeviceType::Metal),
        #[cfg(feature = "cuda")]
        ("cuda", DeviceType::Cuda),
    ]
}

/// The devices of this machine. Listing them starts their drivers.
pub fn all() -> Vec<NamedDevice> {
    let of_kind = |(kind, kind_of): (&str, DeviceType)| {
        let found = Device::enumerate(kind_of).into_vec();
        let named = move |(index, device)| NamedDevice { name: format!("{kind}:{index}"), device };
        found.into_iter().enumerate().map(named).collect::<Vec<_>>()
    };
    kinds().into_iter().flat_map(of_kind).collect()
}

/// The device of that name; its case does not matter.
pub fn open(name: &str) -> Result<Device, DecoderError> {
    let refused = |reason: String| DecoderError::Device { name: name.to_owned(), reason };
    let (kind, index) = name.split_once(':').unwrap_or((name, "0"));
    let index: usize = index
        .parse()
        .map_err(|_| refused(format!("expected a number after the colon: {index}")))?;
    let known: Vec<&str> = kinds().iter().map(|(name, _)| *name).collect();
    let found = kinds().into_iter().find(|(name, _)| name.eq_ignore_ascii_case(kind));
    let Some((_, kind_of)) = found else {
        let known = known.join(", ");
        return Err(refused(format!("this build has {known}; others are features of cargo")));
    };
    let devices = Device::enumerate(kind_of).into_vec();
    let count = devices.len();
    devices.into_iter().nth(index).ok_or_else(|| refused(format!("{count} of its kind are there")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there() {
        assert_eq!(all()[0].name, "flex:0");
        assert_eq!(open("Flex").unwrap(), all()[0].device);
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        for (name, expected) in [
            ("tpu", "this build has flex"),
            ("flex:9", "1 of its kind are there"),
            ("flex:x", "expected a number after the colon: x"),
        ] {
            let message = open(name).unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains(name), "{message}");
        }
    }
}
