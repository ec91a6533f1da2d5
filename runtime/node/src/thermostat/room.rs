//! One room, minute by minute, in whole hundredths of a degree.
//!
//! ```text
//! per minute  + 2 °C a level of the heater
//!             − 1/12 of the difference to the outside
//!             − 1/2 of it while the door is open, 1/8 of it while the fan runs
//! ```
//!
//! The seed draws the start, the outside, and when the door opens and shuts. Level 1
//! about holds 20 °C; level 3 from 18 °C overshoots 22 °C within a minute.

/// What one level of the heater adds.
const HEATING_HUNDREDTHS: i32 = 200;
/// The parts of the difference to the outside that are lost: through the walls, the
/// open door, and by the fan.
const WALLS_DIVISOR: i32 = 12;
const DOOR_DIVISOR: i32 = 2;
const FAN_DIVISOR: i32 = 8;
/// What the thermometer can show.
const TEMPERATURE_HUNDREDTHS_MAX: i32 = 4_000;

#[derive(Clone, Debug)]
pub(super) struct Room {
    /// 0 to [`TEMPERATURE_HUNDREDTHS_MAX`].
    temperature_hundredths: i32,
    outside_hundredths: i32,
    /// Since the episode began; stops at its greatest.
    minute: u32,
    door_opens_minute: u32,
    door_shuts_minute: u32,
}

impl Room {
    /// 8 to 14 °C within, 0 to 5 °C outside; the door opens after 2 to 5 minutes for
    /// 2 or 3.
    pub(super) fn new(seed: u32) -> Self {
        let mut state = seed;
        let mut draw = |count: u16| {
            state = mix(state);
            (state % u32::from(count)).cast_signed()
        };
        let temperature_hundredths = 800 + draw(601);
        let outside_hundredths = draw(501);
        let door_opens_minute = 2 + draw(4).unsigned_abs();
        let door_shuts_minute = door_opens_minute + 2 + draw(2).unsigned_abs();
        Self {
            temperature_hundredths,
            outside_hundredths,
            minute: 0,
            door_opens_minute,
            door_shuts_minute,
        }
    }

    pub(super) fn temperature_tenths(&self) -> i32 {
        self.temperature_hundredths / 10
    }

    pub(super) fn is_door_open(&self) -> bool {
        (self.door_opens_minute..self.door_shuts_minute).contains(&self.minute)
    }

    /// One minute with the heater at a level of 0 to 3, and the fan at 0 or 1.
    pub(super) fn pass_minute(&mut self, heater: i32, fan: i32) {
        let difference = self.temperature_hundredths - self.outside_hundredths;
        let door = if self.is_door_open() { difference / DOOR_DIVISOR } else { 0 };
        let lost = difference / WALLS_DIVISOR + door + fan * difference / FAN_DIVISOR;
        let after = self.temperature_hundredths + heater * HEATING_HUNDREDTHS - lost;
        self.temperature_hundredths = after.clamp(0, TEMPERATURE_HUNDREDTHS_MAX);
        self.minute = self.minute.saturating_add(1);
    }
}

/// Spreads neighboring seeds over all numbers.
fn mix(seed: u32) -> u32 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9);
    mixed = (mixed ^ (mixed >> 16)).wrapping_mul(0x21f0_aaad);
    mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x735a_2d97);
    mixed ^ (mixed >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        temperature_hundredths: 1_700,
        outside_hundredths: 500,
        minute: 0,
        door_opens_minute: 1,
        door_shuts_minute: 2,
    };

    #[test]
    fn heat_comes_by_levels_and_goes_through_walls_fan_and_door() {
        let mut room = ROOM;

        room.pass_minute(3, 0);
        assert_eq!(room.temperature_hundredths, 1_700 + 600 - 100);
        room.temperature_hundredths = 1_700;
        assert!(room.is_door_open());
        room.pass_minute(0, 1);
        assert_eq!(room.temperature_hundredths, 1_700 - 100 - 600 - 150);
        assert!(!room.is_door_open());
    }

    #[test]
    fn a_room_stays_within_what_its_thermometer_shows() {
        let mut hot = ROOM;
        let mut cold = Room { outside_hundredths: -9_000, ..ROOM };
        for _ in 0..100 {
            hot.pass_minute(3, 0);
            cold.pass_minute(0, 1);
        }

        assert_eq!((hot.temperature_tenths(), cold.temperature_tenths()), (400, 0));
    }

    #[test]
    fn seeds_draw_different_rooms_within_their_limits() {
        let rooms = (0..1_000).map(Room::new);

        let (mut coldest, mut warmest) = (i32::MAX, i32::MIN);
        for room in rooms {
            let opens = room.door_opens_minute;
            assert!((0..=500).contains(&room.outside_hundredths), "{room:?}");
            assert!((2..=5).contains(&opens), "{room:?}");
            assert!((2..=3).contains(&(room.door_shuts_minute - opens)), "{room:?}");
            coldest = coldest.min(room.temperature_hundredths);
            warmest = warmest.max(room.temperature_hundredths);
        }

        assert!((800..=810).contains(&coldest) && (1_390..=1_400).contains(&warmest));
    }
}
