//! The constraint of answers that are exactly one of a list of texts.
//!
//! The tokens of the texts form a trie. The only child of a node is forced; if a
//! text ends at a node with children, the end-of-turn token competes with them.

use std::collections::BTreeMap;

use runtime_core::model::ModelError;

use crate::guide::{Guide, Next};

/// The trie of the choices, and the answer's position in it.
#[derive(Debug)]
pub(crate) struct Choices {
    nodes: Vec<TrieNode>,
    texts: Vec<String>,
    /// The token that ends an answer.
    end: u32,
    node: usize,
}

#[derive(Debug, Default)]
struct TrieNode {
    children: BTreeMap<u32, usize>,
    /// The text that ends here.
    text: Option<usize>,
}

impl Choices {
    /// The choices among `texts`, each with its tokens.
    ///
    /// A text with more than `tokens_max` tokens, not counting `end`, cannot be
    /// chosen. Equal texts are one choice.
    pub(crate) fn new(
        texts: Vec<(String, Vec<u32>)>,
        end: u32,
        tokens_max: usize,
    ) -> Result<Self, ModelError> {
        let mut choices =
            Self { nodes: vec![TrieNode::default()], texts: Vec::new(), end, node: 0 };
        let offered = texts.len();
        for (text, tokens) in texts {
            if tokens.len() <= tokens_max && !tokens.contains(&end) {
                choices.insert(text, &tokens);
            }
        }
        if choices.texts.is_empty() {
            return Err(ModelError::Constraint(format!(
                "none of {offered} choices fits in {tokens_max} tokens"
            )));
        }
        Ok(choices)
    }

    fn insert(&mut self, text: String, tokens: &[u32]) {
        let mut node = 0;
        for &token in tokens {
            node = match self.nodes[node].children.get(&token) {
                Some(&child) => child,
                None => self.add_child(node, token),
            };
        }
        if self.nodes[node].text.is_none() {
            self.nodes[node].text = Some(self.texts.len());
            self.texts.push(text);
        }
    }

    fn add_child(&mut self, parent: usize, token: u32) -> usize {
        let child = self.nodes.len();
        self.nodes.push(TrieNode::default());
        self.nodes[parent].children.insert(token, child);
        child
    }

    /// The only possible next token; `None` if there are several.
    fn only_way(&self) -> Option<(u32, usize)> {
        let node = &self.nodes[self.node];
        let single = node.children.len() == 1 && node.text.is_none();
        single.then(|| node.children.iter().next().map(|(&token, &child)| (token, child)))?
    }
}

impl Guide for Choices {
    fn next(&mut self) -> Result<Next, ModelError> {
        let mut forced = Vec::new();
        while let Some((token, child)) = self.only_way() {
            forced.push(token);
            self.node = child;
        }
        if !forced.is_empty() {
            return Ok(Next::Forced(forced));
        }
        let node = &self.nodes[self.node];
        if node.children.is_empty() {
            return Ok(Next::End);
        }
        let mut ids: Vec<u32> = node.children.keys().copied().collect();
        if node.text.is_some() {
            let place = ids.partition_point(|&id| id < self.end);
            ids.insert(place, self.end);
        }
        Ok(Next::OneOf(ids))
    }

    fn accept(&mut self, id: u32) -> Result<(), ModelError> {
        if id != self.end {
            let child = self.nodes[self.node].children.get(&id);
            self.node = *child.ok_or_else(|| {
                ModelError::Constraint(format!("token {id} belongs to no choice here"))
            })?;
        }
        Ok(())
    }

    fn text(&self) -> Option<&str> {
        self.nodes[self.node].text.map(|text| self.texts[text].as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: u32 = 50;

    /// One token a letter: `a` is 1.
    fn choices(texts: &[&str]) -> Choices {
        let texts = texts
            .iter()
            .map(|text| {
                (text.to_string(), text.bytes().map(|byte| u32::from(byte - b'a' + 1)).collect())
            })
            .collect();
        Choices::new(texts, END, 8).unwrap()
    }

    #[test]
    fn a_single_choice_is_forced_to_its_end() {
        let mut choices = choices(&["abc", "abc"]);

        assert_eq!(choices.next().unwrap(), Next::Forced(vec![1, 2, 3]));
        assert_eq!(choices.next().unwrap(), Next::End);
        assert_eq!(choices.text(), Some("abc"));
    }

    #[test]
    fn what_choices_share_is_forced_and_what_differs_is_drawn() {
        let mut choices = choices(&["abx", "aby"]);

        assert_eq!(choices.next().unwrap(), Next::Forced(vec![1, 2]));
        assert_eq!(choices.next().unwrap(), Next::OneOf(vec![24, 25]));
        choices.accept(25).unwrap();
        assert_eq!(choices.next().unwrap(), Next::End);
        assert_eq!(choices.text(), Some("aby"));
    }

    #[test]
    fn a_choice_that_begins_another_may_end_or_go_on() {
        let mut choices = choices(&["a", "ab"]);

        assert_eq!(choices.next().unwrap(), Next::Forced(vec![1]));
        assert_eq!(choices.next().unwrap(), Next::OneOf(vec![2, END]));
        choices.accept(END).unwrap();
        assert_eq!(choices.text(), Some("a"));
    }

    #[test]
    fn an_empty_choice_may_end_at_once() {
        assert_eq!(choices(&[""]).next().unwrap(), Next::End);
        assert_eq!(choices(&["", "b"]).next().unwrap(), Next::OneOf(vec![2, END]));
    }

    #[test]
    fn choices_that_do_not_fit_are_not_offered() {
        let texts = vec![("ab".to_owned(), vec![1, 2]), ("b".to_owned(), vec![2])];

        assert_eq!(
            Choices::new(texts.clone(), END, 1).unwrap().next().unwrap(),
            Next::Forced(vec![2])
        );
        assert!(matches!(Choices::new(texts, END, 0), Err(ModelError::Constraint(_))));
        assert!(matches!(Choices::new(Vec::new(), END, 9), Err(ModelError::Constraint(_))));
    }
}
