//! The furniture and things of each kind of room.

use crate::worlds::household::difficulty::TaskKind;

/// A kind of furniture.
#[derive(Debug, PartialEq, Eq)]
pub struct Furniture {
    /// Its name.
    pub noun: &'static str,
    /// Whether it has a door.
    pub openable: bool,
    /// Whether a room may have several.
    pub repeats: bool,
}

/// A kind of thing.
#[derive(Debug, PartialEq, Eq)]
pub struct Thing {
    /// Its name.
    pub noun: &'static str,
    /// The task types that it suits.
    pub suits: &'static [TaskKind],
}

/// A kind of room.
#[derive(Debug)]
pub struct RoomKind {
    /// Its furniture.
    pub furniture: &'static [Furniture],
    /// Its things.
    pub things: &'static [Thing],
    /// Its task types.
    pub kinds: &'static [TaskKind],
}

const fn open(noun: &'static str) -> Furniture {
    Furniture { noun, openable: false, repeats: false }
}

const fn shelf(noun: &'static str) -> Furniture {
    Furniture { noun, openable: false, repeats: true }
}

const fn closed(noun: &'static str) -> Furniture {
    Furniture { noun, openable: true, repeats: false }
}

const fn drawer(noun: &'static str) -> Furniture {
    Furniture { noun, openable: true, repeats: true }
}

const fn thing(noun: &'static str, suits: &'static [TaskKind]) -> Thing {
    Thing { noun, suits }
}

const ALL: &[TaskKind] = &[TaskKind::Clean, TaskKind::Heat, TaskKind::Cool];
const CLEAN: &[TaskKind] = &[TaskKind::Clean];
const NONE: &[TaskKind] = &[];

/// Every kind of room.
pub static ROOMS: [RoomKind; 4] = [
    RoomKind {
        furniture: &[
            open("countertop"),
            open("diningtable"),
            open("sinkbasin"),
            open("coffeemachine"),
            open("garbagecan"),
            open("sidetable"),
            shelf("shelf"),
            shelf("stoveburner"),
            closed("fridge"),
            closed("microwave"),
            drawer("cabinet"),
            drawer("drawer"),
        ],
        things: &[
            thing("apple", ALL),
            thing("potato", ALL),
            thing("tomato", ALL),
            thing("egg", ALL),
            thing("mug", ALL),
            thing("plate", ALL),
            thing("cup", ALL),
            thing("bowl", CLEAN),
            thing("pan", CLEAN),
            thing("fork", CLEAN),
            thing("spoon", CLEAN),
            thing("spatula", CLEAN),
            thing("saltshaker", NONE),
            thing("winebottle", NONE),
        ],
        kinds: &[TaskKind::Place, TaskKind::Clean, TaskKind::Heat, TaskKind::Cool, TaskKind::Two],
    },
    RoomKind {
        furniture: &[
            open("bed"),
            open("desk"),
            open("dresser"),
            open("armchair"),
            open("garbagecan"),
            open("laundryhamper"),
            shelf("sidetable"),
            shelf("shelf"),
            closed("safe"),
            drawer("drawer"),
        ],
        things: &[
            thing("alarmclock", NONE),
            thing("book", NONE),
            thing("cd", NONE),
            thing("cellphone", NONE),
            thing("creditcard", NONE),
            thing("keychain", NONE),
            thing("laptop", NONE),
            thing("pen", NONE),
            thing("pencil", NONE),
            thing("pillow", NONE),
            thing("teddybear", NONE),
            thing("mug", NONE),
        ],
        kinds: &[TaskKind::Place, TaskKind::Light, TaskKind::Two],
    },
    RoomKind {
        furniture: &[
            open("sofa"),
            open("coffeetable"),
            open("tvstand"),
            open("diningtable"),
            open("garbagecan"),
            shelf("armchair"),
            shelf("sidetable"),
            shelf("shelf"),
            closed("safe"),
            drawer("drawer"),
            drawer("cabinet"),
        ],
        things: &[
            thing("book", NONE),
            thing("box", NONE),
            thing("creditcard", NONE),
            thing("keychain", NONE),
            thing("laptop", NONE),
            thing("newspaper", NONE),
            thing("remotecontrol", NONE),
            thing("statue", NONE),
            thing("tissuebox", NONE),
            thing("vase", NONE),
            thing("watch", NONE),
        ],
        kinds: &[TaskKind::Place, TaskKind::Light, TaskKind::Two],
    },
    RoomKind {
        furniture: &[
            open("countertop"),
            open("toilet"),
            open("bathtubbasin"),
            open("garbagecan"),
            open("sidetable"),
            shelf("sinkbasin"),
            shelf("shelf"),
            shelf("towelholder"),
            drawer("cabinet"),
            drawer("drawer"),
        ],
        things: &[
            thing("cloth", CLEAN),
            thing("soapbar", CLEAN),
            thing("dishsponge", CLEAN),
            thing("candle", NONE),
            thing("soapbottle", NONE),
            thing("spraybottle", NONE),
            thing("tissuebox", NONE),
            thing("toiletpaper", NONE),
            thing("towel", NONE),
        ],
        kinds: &[TaskKind::Place, TaskKind::Clean, TaskKind::Two],
    },
];
