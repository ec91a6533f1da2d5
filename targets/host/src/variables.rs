//! The environment variables that the programs read, as the help lists them. A test compares
//! the list with the code.

/// Exit codes and environment variables, below the program's long help.
pub(crate) const CODES_AND_VARIABLES: &str = "\
Exit codes:
  0          done
  1          something failed, and the message says what to do
  2          what was asked is wrong, on the command line or in a run's file
  3          the run's --cost-limit is reached; what was played is in the results, --resume goes on
  130, 143   stopped, by Ctrl-C or by SIGTERM; every finished step is kept, --resume goes on

Environment variables:
  REBOUND_MODELS      folder of model files [default: rebound/models in the user's cache]
  REBOUND_ADAPTERS    folder of installed adapters [default: rebound/adapters in the user's data]
  REBOUND_APPROVALS   file of the commands that runs may start
                      [default: rebound/approved-commands in the user's data]
  REBOUND_DATA        folder of data sets, as --data
  OPENAI_BASE_URL     the endpoint of --engine remote [default: OpenAI's own]
  OPENAI_API_KEY      its key; a file .env in the working folder may hold both
  HF_ENDPOINT         the hub that models come from [default: https://huggingface.co]
  HF_TOKEN            its token, for models that ask for one
  RUST_LOG            what is logged to standard error; debug shows what the engine does";
