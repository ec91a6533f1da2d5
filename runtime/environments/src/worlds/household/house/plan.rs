//! The commands that solve a household's task.

use super::House;
use crate::worlds::household::difficulty::TaskKind;

/// The commands that fetch each thing of the task, change it and bring it to the target.
pub(super) fn plan(house: &House, tool: Option<usize>, target: usize) -> Vec<String> {
    let mut walk = Walk { house, at: None, opened: Vec::new(), commands: Vec::new() };
    let goal = walk.house.name(target);
    for item in house.items.iter().filter(|item| item.noun == house.thing) {
        let name = format!("{} {}", item.noun, item.number);
        walk.go_and_open(item.place);
        walk.commands.push(format!("take {name} from {}", house.name(item.place)));
        if let Some(tool) = tool {
            walk.go(tool);
            let verb = match house.kind {
                TaskKind::Clean => "clean",
                TaskKind::Heat => "heat",
                _ => "cool",
            };
            walk.commands.push(format!("{verb} {name} with {}", house.name(tool)));
        }
        if house.kind == TaskKind::Light {
            walk.go(target);
            walk.commands.push("use desklamp 1".to_owned());
        } else {
            walk.go_and_open(target);
            walk.commands.push(format!("move {name} to {goal}"));
        }
    }
    walk.commands
}

/// A plan under construction.
struct Walk<'a> {
    house: &'a House,
    at: Option<usize>,
    opened: Vec<usize>,
    commands: Vec<String>,
}

impl Walk<'_> {
    fn go(&mut self, place: usize) {
        if self.at != Some(place) {
            self.commands.push(format!("go to {}", self.house.name(place)));
            self.at = Some(place);
        }
    }

    fn go_and_open(&mut self, place: usize) {
        self.go(place);
        let is_closed = self.house.receptacles[place].furniture.openable;
        if is_closed && !self.opened.contains(&place) {
            self.commands.push(format!("open {}", self.house.name(place)));
            self.opened.push(place);
        }
    }
}
