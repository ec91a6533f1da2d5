//! What stands in rooms and what lies on it.

use crate::worlds::household::difficulty::Kind;

/// A kind of furniture.
#[derive(Debug, PartialEq, Eq)]
pub struct Furniture {
    /// What it is called.
    pub noun: &'static str,
    /// Whether it has a door.
    pub openable: bool,
    /// Whether a room may have several.
    pub repeats: bool,
}

/// A kind of thing.
#[derive(Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is called.
    pub noun: &'static str,
    /// What can be done with it besides carrying it.
    pub suits: &'static [Kind],
}

/// A kind of room.
#[derive(Debug)]
pub struct Room {
    /// What may stand in it.
    pub furniture: &'static [Furniture],
    /// What may lie in it.
    pub things: &'static [Thing],
    /// What may be asked in it.
    pub kinds: &'static [Kind],
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

const fn thing(noun: &'static str, suits: &'static [Kind]) -> Thing {
    Thing { noun, suits }
}

const ALL: &[Kind] = &[Kind::Clean, Kind::Heat, Kind::Cool];
const CLEAN: &[Kind] = &[Kind::Clean];
const NONE: &[Kind] = &[];

/// Every kind of room.
pub static ROOMS: [Room; 4] = [
    Room {
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
        kinds: &[Kind::Place, Kind::Clean, Kind::Heat, Kind::Cool, Kind::Two],
    },
    Room {
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
        kinds: &[Kind::Place, Kind::Light, Kind::Two],
    },
    Room {
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
        kinds: &[Kind::Place, Kind::Light, Kind::Two],
    },
    Room {
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
        kinds: &[Kind::Place, Kind::Clean, Kind::Two],
    },
];
