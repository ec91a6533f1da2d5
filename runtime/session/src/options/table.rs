//! Every option: what it is, and what there is to know of its key.

use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::keys::{self, About, InLoop, Key, Need, OnResume, Text};
use super::kinds::Typed;
use super::numbers::{Amount, Share, Temperature};
use super::own::OwnOptions;
use crate::board::CacheFormat;
use crate::run_name::RunName;

/// Declares the options by what they are about and, beside each, what there is to know of its key.
macro_rules! options {
    ($($about:ident { $(
        $(#[doc = $help:literal])+
        $key:ident: $type:ty, $value:literal, $need:ident, $text:ident, $on_resume:ident, $in_loop:ident;
    )* })*) => {
        /// Keys of a run's file; what none says has a default. Unknown ones are refused.
        #[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub struct RunOptions {
            $($(
                $(#[doc = $help])+
                pub $key: Option<$type>,
            )*)*
            /// What one environment alone can be told.
            #[serde(flatten)]
            pub own: OwnOptions,
        }

        /// The keys that all worlds have.
        pub(super) const KEYS: &[Key] = &[$($(Key {
            name: {
                const NAME: [u8; stringify!($key).len()] = keys::kebab(stringify!($key));
                keys::text(&NAME)
            },
            help: concat!($($help),+),
            value: $value,
            about: About::$about,
            need: Need::$need,
            kind: <$type as Typed>::KIND,
            text: Text::$text,
            on_resume: OnResume::$on_resume,
            in_loop: InLoop::$in_loop,
        },)*)*];
    };
}

options! {
    Tasks {
        /// The environment to play
        environment: String, "NAME", Often, Plain, Fixed, Shared;
        /// Folder of data sets, for environments that need one [default: rebound/data in the user's
        /// data folder, where `rebound data pull` puts them]
        data: PathBuf, "DIR", Often, Path, Free, Shared;
        /// Split of the tasks, such as `validation/easy` or `valid_unseen` [default: the environment's own]
        split: String, "SPLIT", Often, Plain, Fixed, Set;
        /// Number of tasks to take from the split; 0 takes all [default: 20]
        tasks: u32, "N", Often, Plain, Fixed, Set;
        /// Leave out the tasks that this file names, an id a line: those that were looked at before, say
        except: PathBuf, "FILE", Seldom, Path, Fixed, Shared;
        /// Greatest number of trials for each task, the first included [default: 3; 2 in collections]
        trials: NonZeroU32, "N", Often, Plain, Fixed, Set;
        /// Greatest number of steps in an episode [default: the environment's own]
        steps: NonZeroU32, "N", Often, Plain, Fixed, Shared;
        /// Copy the first trials from the run in this folder, which must have the same tasks, seed,
        /// actor and prompts; reflections affect only later trials
        first_trials: PathBuf, "DIR", Seldom, Path, Fixed, Set;
        /// What the agent is shown about a trial's result: success, score, text, shown (text, and
        /// whether there is another trial is decided by shown progress, not by hidden success), or
        /// self (nothing: it judges its own success) [default: success; shown in humaneval, mbpp,
        /// reflexion-programs and programs, where the others tell what hidden tests say: an oracle]
        feedback: String, "FEEDBACK", Often, Plain, Fixed, Shared;
        /// Greatest number of reflections in a task's memory [default: 3]
        reflections: NonZeroU32, "N", Seldom, Plain, Fixed, Shared;
        /// How often to draw a reflection again that says word for word what the task's memory says
        /// [default: 2]
        redraws: u32, "N", Seldom, Plain, Fixed, Shared;
        /// Seed of everything that is random [default: 1]
        seed: u64, "SEED", Often, Plain, Fixed, Shared;
    }
    World {
        /// Start with the reflections that the environment itself stored in earlier runs
        recall: bool, "BOOL", Seldom, Plain, Fixed, Shared;
    }
    Models {
        /// The model that chooses actions: a name from `rebound models list`, a GGUF file,
        /// `remote:NAME` for one behind an endpoint, `expert` (the environments' own player, who
        /// heeds advice) or `scripted` (draws an action) [default: smollm2-135m-instruct]
        actor: String, "NAME|FILE", Often, NameOrFile, Fixed, Shared;
        /// With --actor expert: probability of a random action in each step [default: 0]
        actor_noise: Share, "SHARE", Seldom, Plain, Fixed, Shared;
        /// A LoRA adapter for the actor
        actor_adapter: PathBuf, "FILE", Often, Path, Fixed, Shared;
        /// The model that writes reflections in the strategy `retrospective`; `expert` and `oracle`
        /// (the truth from the environment itself) bound what a model's could be worth
        /// [default: the actor's]
        retrospective: String, "NAME|FILE", Often, NameOrFile, Fixed, Shared;
        /// A LoRA adapter for the retrospective
        /// [default: the one that `rebound adapter install` installed for its model, if any]
        retrospective_adapter: PathBuf, "FILE", Seldom, Path, Fixed, Set;
        /// Reflections to sample for each failure, of which `--reward-model` or `--best-by-claims` picks
        /// one [default: 1]
        best_of: NonZeroU32, "N", Seldom, Plain, Fixed, Foreign;
        /// The reward model for --best-of: an adapter trained in the stage `reward-model`
        reward_model: PathBuf, "FILE", Seldom, Path, Fixed, Foreign;
        /// Of --best-of, pick the reflection whose claims the failed trial bears out best, in worlds
        /// that read claims [default: false]
        best_by_claims: bool, "BOOL", Seldom, Plain, Fixed, Foreign;
        /// Control experiment: after each failure, show a reflection on another task of the same
        /// type, taken from the run in this folder
        borrow_reflections: PathBuf, "DIR", Seldom, Path, Fixed, Foreign;
        /// Kind of agent: act (answers with an action) or react (a thought, then an action) [default: act]
        agent: String, "KIND", Seldom, Plain, Fixed, Shared;
        /// Folder of prompt templates that replace built-in ones: `system.j2`, `example.j2`,
        /// `opening.j2`, `observation.j2`, `reflection_system.j2`, `reflection.j2`,
        /// `judgement_system.j2`, `judgement.j2`
        prompts: PathBuf, "DIR", Seldom, Path, Fixed, Shared;
        /// Sampling temperature, the same in all arms [default: 0.7]
        temperature: Temperature, "TEMPERATURE", Often, Plain, Fixed, Shared;
        /// Sampling temperature of reflections [default: --temperature]
        reflection_temperature: Temperature, "TEMPERATURE", Seldom, Plain, Fixed, Shared;
        /// Nucleus sampling: sample from the likeliest tokens with this total probability [default: 1.0]
        top_p: Share, "TOP_P", Seldom, Plain, Fixed, Shared;
    }
    Engine {
        /// Memory budget and engine settings of a device, which other options override: laptop,
        /// raspberry-pi-5, raspberry-pi-4, jetson-orin-nano, phone-8gb or a TOML file in their format
        board: String, "NAME|FILE", Often, NameOrFile, Fixed, Shared;
        /// Context length of each episode in tokens [default: the board's, or 2048]
        context: NonZeroU32, "N", Often, Plain, Fixed, Shared;
        /// Inference engine: native (our kernels for the CPU), llama (llama.cpp), decoder (that of
        /// training), or remote (the endpoint of `OPENAI_BASE_URL` and `OPENAI_API_KEY`)
        /// [default: native if it computes the models, else llama]
        engine: String, "NAME", Often, Plain, Fixed, Shared;
        /// Device to compute on, from `rebound devices` [default: flex for the decoder, llama.cpp's
        /// own choice]
        device: String, "NAME", Seldom, Plain, Fixed, Shared;
        /// Number of layers that llama.cpp computes on the GPU if there is one [default: all]
        gpu_layers: u32, "N", Seldom, Plain, Fixed, Shared;
        /// Greatest number of tokens that llama.cpp computes at once [default: the board's, or 256]
        micro_batch: NonZeroU32, "N", Seldom, Plain, Fixed, Shared;
        /// How llama.cpp stores keys and values: f16 (with flash attention), f32 (with plain attention
        /// in full precision) or `q8_0` [default: the board's, or f16]
        cache: CacheFormat, "FORMAT", Seldom, Plain, Fixed, Shared;
        /// Number of CPU threads [default: one for each core that is idle as the run begins]
        threads: NonZeroU32, "N", Often, Plain, Free, Shared;
        /// Number of episodes played in parallel [default: 1]
        parallel: NonZeroU32, "N", Often, Plain, Free, Shared;
        /// Make runs reproducible to the byte: decode one request at a time, prefill in fixed blocks
        deterministic: bool, "BOOL", Seldom, Plain, Fixed, Shared;
    }
    Endpoints {
        /// Stop the run once its paid requests cost this many USD; --resume continues it
        cost_limit: Amount, "USD", Often, Plain, Free, Shared;
        /// End a task once its paid requests in one arm cost this many USD
        cost_limit_per_task: Amount, "USD", Seldom, Plain, Free, Shared;
        /// Price list to use instead of the built-in one
        prices: PathBuf, "TOML", Seldom, Path, Free, Shared;
        /// Number of retries for a request that fails [default: 6]
        retries: u32, "N", Seldom, Plain, Free, Shared;
        /// Longest wait before the first retry; it doubles with each retry [default: 0.5]
        retry_seconds: Amount, "SECONDS", Seldom, Plain, Free, Shared;
        /// Timeout for connecting to the endpoint [default: 10]
        connect_seconds: Amount, "SECONDS", Seldom, Plain, Free, Shared;
        /// Timeout for the first byte of an answer [default: 60]
        first_byte_seconds: Amount, "SECONDS", Seldom, Plain, Free, Shared;
        /// Timeout for a whole request [default: 300]
        request_seconds: Amount, "SECONDS", Seldom, Plain, Free, Shared;
    }
    Folder {
        /// Name of the run's folder in runs/ [default: the environment and the time]
        name: RunName, "NAME", Often, Plain, Free, Set;
        /// Path of the run's folder, instead of runs/NAME
        out: PathBuf, "DIR", Often, Path, Free, Set;
    }
}
