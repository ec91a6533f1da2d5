//! The shared parts of the command lines: examples below each command's help,
//! completions for shells, and manual pages.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::slice;

use clap::Command;
use clap_complete::Shell;

/// Lines that call a program's commands, by the commands' paths below the program's name.
type Examples<'a> = BTreeMap<Vec<String>, Vec<&'a str>>;

/// The program's command with these lines of examples, each in the help of the command that it
/// calls. A number may be negative everywhere, so that what is wrong is said of the value.
pub fn with_examples(command: Command, texts: &[&str]) -> Command {
    let examples = examples(&command, texts);
    prepared(command, &[], &examples)
}

fn examples<'a>(command: &Command, texts: &[&'a str]) -> Examples<'a> {
    let mut examples = Examples::new();
    for line in texts.iter().flat_map(|text| text.lines()) {
        examples.entry(called_by(line, command)).or_default().push(line);
    }
    examples
}

/// The path of the command that a line calls.
fn called_by(line: &str, program: &Command) -> Vec<String> {
    let (mut path, mut command) = (Vec::new(), program);
    for word in line.split(' ').skip(1) {
        let Some(sub) = command.find_subcommand(word) else { break };
        path.push(word.to_owned());
        command = sub;
    }
    path
}

fn prepared(command: Command, path: &[String], examples: &Examples<'_>) -> Command {
    let command = command.allow_negative_numbers(true);
    let command = match examples.get(path) {
        Some(lines) => command.after_help(format!("Examples:\n  {}", lines.join("\n  "))),
        None => command,
    };
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().into()).collect();
    names.into_iter().fold(command, |command, name| {
        let path = [path, slice::from_ref(&name)].concat();
        command.mut_subcommand(name, |sub| prepared(sub, &path, examples))
    })
}

/// Prints a completion script for a shell.
pub fn completions(mut command: Command, shell: Shell) {
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut crate::out());
}

/// Writes the program's manual pages into a folder, one for each command.
pub fn manual(command: Command, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}

/// The errors in the examples: commands without one, and lines that call no command or that the
/// program would refuse.
pub fn wrong_examples(command: &Command, texts: &[&str]) -> Vec<String> {
    let examples = examples(command, texts);
    let mut wrong = Vec::new();
    let mut commands = vec![(Vec::new(), command)];
    while let Some((path, command)) = commands.pop() {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            commands.push(([&path[..], &[sub.get_name().to_owned()]].concat(), sub));
        }
        if !command.has_subcommands() && !examples.contains_key(&path) {
            wrong.push(format!("{} has no example", path.join(" ")));
        }
    }
    for line in texts.iter().flat_map(|text| text.lines()) {
        let is_own = line.split(' ').next() == Some(command.get_name());
        if !is_own || called_by(line, command).is_empty() {
            wrong.push(format!("{line} calls no command"));
        }
        wrong.extend(refusal(command, line));
    }
    wrong
}

/// The lines in the `sh` blocks of the README and of the book's chapters that name the program
/// and that it would not take; the repository is at `root`.
pub fn wrong_lines(command: &Command, root: &Path) -> io::Result<Vec<String>> {
    let chapters = root.join("docs/src").read_dir()?.map(|chapter| Ok(chapter?.path()));
    let mut documents = chapters.collect::<io::Result<Vec<_>>>()?;
    documents.retain(|path| path.extension().is_some_and(|kind| kind == "md"));
    documents.push(root.join("README.md"));
    let mut wrong = Vec::new();
    for document in documents {
        let text = std::fs::read_to_string(document)?.replace("\\\n", "");
        let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
        let lines = blocks.flat_map(str::lines);
        let own = lines.filter(|line| line.split(' ').next() == Some(command.get_name()));
        wrong.extend(own.filter_map(|line| refusal(command, line)));
    }
    Ok(wrong)
}

/// Why the program would refuse a line.
fn refusal(command: &Command, line: &str) -> Option<String> {
    // A comment or a redirection may follow the command.
    let end = [" #", " > ", " < ", " &"].iter().filter_map(|mark| line.find(mark)).min();
    let words = words(&line[..end.unwrap_or(line.len())]);
    let error = command.clone().try_get_matches_from(words).err()?;
    Some(format!("{line}: {error}"))
}

/// A line's words; a quoted text is one word.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in line.trim().chars() {
        match (character, words.last_mut()) {
            ('"', _) => quoted = !quoted,
            (' ', _) if !quoted => words.push(String::new()),
            (character, Some(word)) => word.push(character),
            (_, None) => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
