//! The environment variables that the programs read, as the help lists them. A test compares
//! the list with the code.

/// Exit codes and environment variables, below the program's long help.
pub(crate) const CODES_AND_VARIABLES: &str = "\
Exit codes:
  0          done
  1          something failed, and the message says what to do
  2          the command line or the run's configuration file is wrong
  3          the run's --cost-limit is reached; the results so far are written, --resume continues
  130, 143   stopped by Ctrl-C or SIGTERM; every finished step is recorded, --resume continues

Environment variables:
  REBOUND_MODELS      folder of model files [default: rebound/models in the user's cache]
  REBOUND_ADAPTERS    folder of installed adapters [default: rebound/adapters in the user's data]
  REBOUND_APPROVALS   file of the approved `exec:` commands
                      [default: rebound/approved-commands in the user's data]
  REBOUND_DATA        folder of data sets, like --data
  REBOUND_CPU         what --engine native may use of the processor: avx2, neon, scalar …
  REBOUND_TRIED       file of the models and templates that were tried
  REBOUND_TUNING      file of what `doctor --tune` measured
                      [default: rebound/tuning.toml in the user's data]
  OPENAI_BASE_URL     the endpoint of --engine remote [default: OpenAI's own]
  OPENAI_API_KEY      its API key; a file .env in the working folder may contain both
  HF_ENDPOINT         the hub to download models from [default: https://huggingface.co]
  HF_TOKEN            its access token, for models that require one
  RUST_LOG            log level on standard error; debug shows what the engine does";
