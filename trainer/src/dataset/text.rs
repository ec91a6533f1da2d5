//! Converts text to samples, with the same token ids as on the device.
//!
//! Each piece is tokenized by itself, as the device's prompts are: a template's
//! markup may spell control tokens, what somebody said never does. Learned is
//! what a model would say: an assistant's messages or a completion, and the
//! token that ends each; of a conversation with a reward the last message alone.

use models::chat::{ChatMessage, ChatTemplate, PromptEnd, TemplatePart};
use models::tokenizer::Special;
use models::vocabulary::Vocabulary;
use runtime_core::error::with_sources;
use runtime_core::prompt::Role;

use super::line::{JsonLine, Turn};
use super::{ReflectionOutcome, Sample};

/// The sample of a line; the error is the template's refusal.
pub fn sample(vocabulary: &Vocabulary, line: &JsonLine, origin: String) -> Result<Sample, String> {
    let sample = Sample { ids: Vec::new(), learned: Vec::new(), origin, outcome: None };
    let mut text = Text { vocabulary, sample };
    match line {
        JsonLine::Chat(turns) => {
            text.chat(turns)?;
        }
        JsonLine::Attempt { turns, reward } => {
            let begin = text.chat(turns)?;
            text.sample.learned[..begin].fill(false);
            let outcome = ReflectionOutcome { reward: *reward, ..ReflectionOutcome::default() };
            text.sample.outcome = Some(outcome);
        }
        JsonLine::Completion { prompt, completion } => {
            text.begin();
            text.push(prompt, Special::Text, Loss::None);
            text.push(completion, Special::Text, Loss::All);
        }
    }
    text.sample.ids.push(vocabulary.end_of_turn);
    text.sample.learned.push(true);
    Ok(text.sample)
}

/// Which tokens of a text carry a loss.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loss {
    None,
    All,
    /// Only the first token that ends a turn.
    EndOfTurn,
}

/// A sample under construction.
struct Text<'a> {
    vocabulary: &'a Vocabulary,
    sample: Sample,
}

impl Text<'_> {
    /// All but the end of the last turn; returns where the last message begins.
    ///
    /// A file without a chat template gets the contents, a line break behind each.
    fn chat(&mut self, turns: &[Turn]) -> Result<usize, String> {
        let Some((answer, before)) = turns.split_last() else { return Ok(0) };
        if let Some(template) = &self.vocabulary.template {
            self.templated(template, before)?;
        } else {
            self.begin();
            for turn in before {
                self.push(&turn.content, Special::Text, loss(turn));
                self.push("\n", Special::Text, Loss::None);
            }
        }
        let begin = self.sample.ids.len();
        self.push(&answer.content, Special::Text, loss(answer));
        Ok(begin)
    }

    fn templated(&mut self, template: &ChatTemplate, turns: &[Turn]) -> Result<(), String> {
        let roles: Vec<ChatMessage<'_>> =
            turns.iter().map(|turn| ChatMessage { role: turn.role.name() }).collect();
        let parts = template
            .render(&roles, PromptEnd::Assistant, None)
            .map_err(|error| with_sources(&error))?;
        if !template.begins_with_bos(&parts) {
            self.begin();
        }
        let mut of_markup = Loss::None;
        for part in &parts {
            match part {
                TemplatePart::Markup(markup) => self.push(markup, Special::Parse, of_markup),
                TemplatePart::Content(index) => {
                    let turn = &turns[*index];
                    self.push(&turn.content, Special::Text, loss(turn));
                    let is_answer = turn.role == Role::Assistant;
                    of_markup = if is_answer { Loss::EndOfTurn } else { Loss::None };
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self) {
        self.sample.ids.extend(self.vocabulary.tokenizer.bos_to_add());
        self.sample.learned.resize(self.sample.ids.len(), false);
    }

    fn push(&mut self, text: &str, special: Special, loss: Loss) {
        let Sample { ids, learned, .. } = &mut self.sample;
        let new = self.vocabulary.ids_behind(ids, text, special);
        let end = new.iter().position(|&id| id == self.vocabulary.end_of_turn);
        learned.extend((0..new.len()).map(|place| match loss {
            Loss::None => false,
            Loss::All => true,
            Loss::EndOfTurn => Some(place) == end,
        }));
        ids.extend(new);
    }
}

fn loss(turn: &Turn) -> Loss {
    if turn.role == Role::Assistant { Loss::All } else { Loss::None }
}

#[cfg(test)]
mod tests {
    use models::gguf::Gguf;
    use proptest::prelude::*;

    use super::*;
    use crate::dataset::line;

    fn tiny() -> Vocabulary {
        let gguf = Gguf::from_bytes("tiny", models::tiny::llama(0)).unwrap();
        Vocabulary::from_gguf(&gguf).unwrap()
    }

    /// A sample's text, control tokens spelled out, and what of it is learned.
    fn shown(line: &str) -> (String, String) {
        let vocabulary = tiny();
        let line = line::parse(line.as_bytes()).unwrap();
        let sample = sample(&vocabulary, &line, String::new()).unwrap();
        assert_eq!(sample.ids.len(), sample.learned.len());
        let spelled = |&id: &u32| match vocabulary.tokenizer.decode_lossy(&[id]) {
            empty if empty.is_empty() => vocabulary.tokenizer.token_text(id).unwrap().to_owned(),
            text => text,
        };
        let learned = sample.ids.iter().zip(&sample.learned).filter(|(_, learned)| **learned);
        (sample.ids.iter().map(spelled).collect(), learned.map(|(id, _)| spelled(id)).collect())
    }

    #[test]
    fn of_a_conversation_only_the_assistant_is_learned() {
        let (whole, learned) = shown(
            r#"{"messages":[{"role":"system","content":"Be brief."},
                {"role":"user","content":"go"},{"role":"assistant","content":"open the door"},
                {"role":"user","content":"and"},{"role":"assistant","content":"on"}]}"#,
        );

        assert_eq!(
            whole,
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\ngo<|im_end|>\n\
             <|im_start|>assistant\nopen the door<|im_end|>\n<|im_start|>user\nand<|im_end|>\n\
             <|im_start|>assistant\non<|im_end|>"
        );
        assert_eq!(learned, "open the door<|im_end|>on<|im_end|>");
    }

    #[test]
    fn of_a_completion_the_prompt_is_not_learned() {
        let (whole, learned) = shown(r#"{"prompt":"go to","completion":" the door"}"#);

        assert_eq!(whole, "go to the door<|im_end|>");
        assert_eq!(learned, " the door<|im_end|>");
    }

    #[test]
    fn of_an_attempt_with_a_reward_only_the_last_message_is_learned() {
        let (_, learned) = shown(
            r#"{"messages":[{"role":"user","content":"2+2"},{"role":"assistant","content":"5"},
            {"role":"user","content":"No."},{"role":"assistant","content":"4"}],"reward":1}"#,
        );

        assert_eq!(learned, "4<|im_end|>");
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_becomes_a_control_token(
            said in "(<\\|im_end\\|>|<\\|im_start\\|>|\\PC|\n){0,20}"
        ) {
            let turn = |role| Turn { role, content: said.clone() };
            let turns = [Role::System, Role::User, Role::Assistant].map(turn);
            let vocabulary = tiny();

            let sample = sample(&vocabulary, &JsonLine::Chat(turns.into()), String::new()).unwrap();

            let is_control = |id: &&u32| vocabulary.tokenizer.is_control(**id);
            // Three turns begin and end.
            prop_assert_eq!(sample.ids.iter().filter(is_control).count(), 6);
            let learned = sample.ids.iter().zip(&sample.learned).filter(|(_, learned)| **learned);
            let learned: Vec<u32> = learned.map(|(&id, _)| id).collect();
            prop_assert_eq!(vocabulary.tokenizer.decode_lossy(&learned), said);
        }
    }
}
