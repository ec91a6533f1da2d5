//! What the simulated thermostat asks of an agent: 18 to 22 °C, held for three acts,
//! within a dozen.

use runtime_node::hardware::Hardware;
use runtime_node::thermostat::{DOOR, FAN, HEATER, TEMPERATURE, THERMOSTAT, Thermostat};

const ACTS_MAX: usize = 12;
const HELD_ACTS: usize = 3;
const SEEDS: u32 = 1_000;

/// An actuator, and what to set it to.
type Act = (u8, i32);

/// Plays an episode; whether the temperature was held within [`ACTS_MAX`].
///
/// A level that is not admissible is lowered to what is.
fn is_held(seed: u32, mut choose: impl FnMut(&mut Thermostat) -> Act) -> bool {
    let mut thermostat = Thermostat::new();
    thermostat.reset(seed).unwrap();
    let mut held_acts = 0;
    for _ in 0..ACTS_MAX {
        let (actuator, value) = choose(&mut thermostat);
        let admissible = thermostat.admissible(actuator).unwrap();
        thermostat.set(actuator, value.min(admissible.max)).unwrap();
        let temperature = thermostat.read(TEMPERATURE).unwrap();
        held_acts = if (180..=220).contains(&temperature) { held_acts + 1 } else { 0 };
        if held_acts == HELD_ACTS {
            return true;
        }
    }
    false
}

fn held_seeds(mut choose: impl FnMut(&mut Thermostat) -> Act) -> u32 {
    (0..SEEDS).map(|seed| u32::from(is_held(seed, &mut choose))).sum()
}

/// Full heat when cold, less on the way, level 1 to hold.
fn sensible(thermostat: &mut Thermostat) -> Act {
    match thermostat.read(TEMPERATURE).unwrap() {
        ..150 => (HEATER, 3),
        150..180 => (HEATER, 2),
        180..210 => (HEATER, 1),
        210.. => (HEATER, 0),
    }
}

#[test]
fn the_description_keeps_the_limits() {
    assert_eq!(THERMOSTAT.check(), Ok(()));
    for place in [TEMPERATURE, DOOR] {
        let reading = Thermostat::new().read(place).unwrap();
        assert!(THERMOSTAT.sensors[usize::from(place)].scale.has(reading));
    }
}

#[test]
fn sensible_acts_hold_the_temperature_for_every_seed() {
    let lost: Vec<u32> = (0..SEEDS).filter(|&seed| !is_held(seed, sensible)).collect();

    assert_eq!(lost, []);
}

#[test]
fn no_constant_level_holds_the_temperature() {
    for level in 0..=3 {
        assert_eq!(held_seeds(|_| (HEATER, level)), 0, "level {level}");
    }
}

#[test]
fn full_heat_overshoots() {
    for seed in 0..SEEDS {
        let mut thermostat = Thermostat::new();
        thermostat.reset(seed).unwrap();
        for _ in 0..ACTS_MAX {
            let max = thermostat.admissible(HEATER).unwrap().max;
            thermostat.set(HEATER, max).unwrap();
        }
        assert!(thermostat.read(TEMPERATURE).unwrap() > 220, "seed {seed}");
    }
}

#[test]
fn chance_seldom_holds_the_temperature() {
    let mut state = 1_u32;
    let mut draw = |count: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % count
    };

    let held = held_seeds(|_| match draw(6) {
        level @ 0..4 => (HEATER, level.cast_signed()),
        fan => (FAN, (fan - 4).cast_signed()),
    });

    assert!(held < SEEDS * 15 / 100, "{held} of {SEEDS}");
}

#[test]
fn the_same_seed_and_acts_give_the_same_episode() {
    let play = |seed| {
        let mut thermostat = Thermostat::new();
        // What was before the reset does not matter.
        thermostat.set(HEATER, i32::try_from(seed % 4).unwrap()).unwrap();
        thermostat.reset(7).unwrap();
        let acts = [(HEATER, 3), (HEATER, 2), (FAN, 1), (HEATER, 0), (FAN, 0), (HEATER, 1)];
        acts.map(|(actuator, value)| {
            thermostat.set(actuator, value).unwrap();
            (thermostat.read(TEMPERATURE).unwrap(), thermostat.read(DOOR).unwrap())
        })
    };

    assert_eq!(play(0_u32), play(3));
    assert!(play(0).windows(2).any(|pair| pair[0] != pair[1]));
}

#[test]
fn an_open_door_limits_the_heater_and_shuts_again() {
    let mut thermostat = Thermostat::new();
    thermostat.reset(5).unwrap();
    let mut open_minutes = 0;
    for _ in 0..ACTS_MAX {
        thermostat.set(FAN, 0).unwrap();
        let is_open = thermostat.read(DOOR).unwrap() == 1;
        let max = thermostat.admissible(HEATER).unwrap().max;
        assert_eq!(max, if is_open { 1 } else { 3 });
        open_minutes += u32::from(is_open);
    }

    assert!((2..=3).contains(&open_minutes), "{open_minutes}");
}
