//! How a model is asked: prompts, token budgets, agent kinds, parsing of answers.
