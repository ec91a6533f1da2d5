//! The devices that llama.cpp finds.

use llama_cpp_2::LlamaBackendDeviceType::Cpu;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::{LlamaBackendDevice, list_llama_ggml_backend_devices};

use super::backend::backend;
use super::config::LlamaConfig;
use crate::error::EngineError;

/// A device of llama.cpp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LlamaDevice {
    /// Its name, such as `CPU` or `Vulkan0`.
    pub name: String,
    /// Its driver's description.
    pub about: String,
    /// Whether it is the processor itself.
    pub is_cpu: bool,
    /// Its memory in bytes; 0 if unknown.
    pub memory_bytes: usize,
}

/// The devices of this machine.
pub fn devices() -> Vec<LlamaDevice> {
    found().into_iter().map(|(_, device)| device).collect()
}

fn found() -> Vec<(usize, LlamaDevice)> {
    backend();
    let told = |device: LlamaBackendDevice| {
        let is_cpu = device.device_type == Cpu;
        let (name, about) = (device.name, device.description);
        (device.index, LlamaDevice { name, about, is_cpu, memory_bytes: device.memory_total })
    };
    list_llama_ggml_backend_devices().into_iter().map(told).collect()
}

/// The parameters that select the device of each layer.
pub(super) fn params(config: &LlamaConfig) -> Result<LlamaModelParams, EngineError> {
    let mut params = LlamaModelParams::default();
    if let Some(layers) = config.gpu_layers {
        params = params.with_n_gpu_layers(layers);
    }
    let Some(name) = &config.device else { return Ok(params) };
    let refused = |reason: String| EngineError::Device { name: name.clone(), reason };
    let found = found();
    let device = found.iter().find(|(_, device)| device.name.eq_ignore_ascii_case(name));
    let Some((index, device)) = device else {
        let known: Vec<&str> = found.iter().map(|(_, device)| device.name.as_str()).collect();
        return Err(refused(format!("there are {}", known.join(", "))));
    };
    if device.is_cpu {
        return Ok(params.with_n_gpu_layers(0));
    }
    params.with_devices(&[*index]).map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there() {
        assert!(devices().iter().any(|device| device.is_cpu));
    }

    #[test]
    fn a_device_that_is_not_there_is_named_with_those_that_are() {
        let mut config = LlamaConfig::new("model.gguf");
        config.device = Some("Vulkan9".to_owned());

        let message = params(&config).unwrap_err().to_string();

        assert!(message.contains("Vulkan9") && message.contains("CPU"), "{message}");
    }
}
