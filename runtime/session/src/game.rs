//! A game that a person or a script plays, a command a line.
//!
//! ```text
//! commands ─► environment ─► answers     in words, or a line of JSON each
//! ```

use std::io::Write;

use anyhow::{Context, bail};
use runtime_core::task::{Limits, Task};
use runtime_environments::selection::TaskSelection;
use runtime_environments::world::{Playable, World};
use serde_json::{Value, json};

/// Where commands come from and answers go.
pub struct Line<'a> {
    /// A command each.
    pub commands: &'a mut dyn Iterator<Item = anyhow::Result<String>>,
    /// For whoever gives them.
    pub answers: &'a mut dyn Write,
    /// Whether anybody reads the answers yet.
    pub is_heard: &'a dyn Fn() -> bool,
    /// What asks for a command in words; nothing asks a script.
    pub prompt: &'a str,
}

/// A task that is played by hand.
pub struct Game {
    environment: Box<dyn Playable + Send>,
    task: Task,
}

impl Game {
    /// The task of an id, or else the first of a split, or of the world's own.
    pub fn new(world: &dyn World, id: Option<&str>, split: Option<&str>) -> anyhow::Result<Self> {
        let task = match id {
            Some(id) => Task::named(id),
            None => first_of(world, split)?,
        };
        Ok(Self { environment: world.environment(), task })
    }

    /// Answers in JSON: the first observation, then a line for each command.
    pub fn play_in_json(&mut self, line: &mut Line<'_>) -> anyhow::Result<()> {
        let opening = self.environment.reset(&self.task)?;
        let admissible = self.environment.admissible_actions();
        let mut first = json!({"observation": opening, "admissible": admissible});
        if let Some(instruction) = self.untold(&opening) {
            first["instruction"] = instruction.into();
        }
        self.tell_schema(&mut first);
        writeln!(line.answers, "{first}")?;
        while let Some(command) = line.next("")? {
            let step = self.environment.step(&command)?;
            let standing = self.environment.standing();
            let mut answer = json!({
                "command": command,
                "observation": step.observation,
                "score": standing.score,
                "done": standing.done,
                "won": standing.won,
                "admissible": self.environment.admissible_actions(),
            });
            self.tell_schema(&mut answer);
            writeln!(line.answers, "{answer}")?;
            line.answers.flush()?;
        }
        Ok(())
    }

    /// Answers in words, until the game is over; "?" lists what can be done.
    pub fn play_in_words(&mut self, line: &mut Line<'_>) -> anyhow::Result<()> {
        let opening = self.environment.reset(&self.task)?;
        writeln!(line.answers, "{}\n\n{opening}", self.task.id)?;
        if let Some(instruction) = self.untold(&opening) {
            writeln!(line.answers, "\nTask: {instruction}")?;
        }
        writeln!(line.answers, "\n(\"?\" lists what can be done, Ctrl-D ends)")?;
        let mut steps = 0;
        while let Some(command) = line.next(line.prompt)? {
            if command.trim() == "?" {
                let actions = self.environment.admissible_actions().unwrap_or_default();
                let schema = self.environment.action_schema();
                writeln!(line.answers, "{}", schema.unwrap_or_else(|| actions.join("\n")))?;
                continue;
            }
            let step = self.environment.step(&command)?;
            steps += 1;
            writeln!(line.answers, "{}", step.observation.trim())?;
            if step.done {
                let ended = if self.environment.standing().won { "Won" } else { "Over" };
                writeln!(line.answers, "{ended} after {steps} steps.")?;
                return Ok(());
            }
        }
        if steps == 0 && (line.is_heard)() {
            bail!("no command came");
        }
        writeln!(line.answers, "{}", self.environment.feedback())?;
        Ok(())
    }

    /// What is to be done, where it is known and the first observation does not say it.
    fn untold(&self, opening: &str) -> Option<&str> {
        let instruction = self.task.instruction.trim();
        (!instruction.is_empty() && !opening.contains(instruction)).then_some(instruction)
    }

    /// Adds the JSON schema of actions to an answer, where the world has one.
    fn tell_schema(&mut self, answer: &mut Value) {
        let schema = self.environment.action_schema();
        if let Some(schema) = schema.and_then(|schema| serde_json::from_str::<Value>(&schema).ok())
        {
            answer["schema"] = schema;
        }
    }
}

impl Line<'_> {
    /// The next command; `None` if there is none, or nobody reads on.
    fn next(&mut self, prompt: &str) -> anyhow::Result<Option<String>> {
        if !(self.is_heard)() {
            return Ok(None);
        }
        if !prompt.is_empty() {
            write!(self.answers, "{prompt}")?;
            self.answers.flush()?;
        }
        self.commands.next().transpose()
    }
}

/// A task of which only the name is known; environments look it up by that.
fn first_of(world: &dyn World, split: Option<&str>) -> anyhow::Result<Task> {
    let split = split.unwrap_or_else(|| world.default_split()).to_owned();
    let limits = Limits::default();
    let selection = TaskSelection { split, count: Some(1), seed: 1, limits };
    world.tasks(&selection)?.into_iter().next().context("the split has no tasks")
}
