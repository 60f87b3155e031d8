//! The colours of films: one dark set, since a film can't know in which light it is watched.

use syntax::highlight::Role;

use crate::story::Tone;

/// A colour, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink {
    pub rgb: u32,
    /// 0 to 255.
    pub alpha: u8,
}

const fn ink(rgb: u32) -> Ink {
    Ink { rgb, alpha: 255 }
}

/// Without red or green in its colour difference (V is 128): large dark areas that are between two
/// of the encoder's steps would be blotched.
pub const BACK: Ink = ink(0x0c_0c_13);
/// The same holds for it.
pub const CARD: Ink = ink(0x16_16_21);
pub const LINE: Ink = ink(0x28_2e_3d);
pub const TEXT: Ink = ink(0xf1_f4_fa);
pub const SOFT: Ink = ink(0xb9_c1_d1);
pub const MUTED: Ink = ink(0x80_8a_a0);
pub const ACCENT: Ink = ink(0x7d_a6_ff);
pub const GOOD: Ink = ink(0x45_d4_8f);
pub const BAD: Ink = ink(0xff_6f_70);
pub const WARN: Ink = ink(0xff_b8_5c);

impl Ink {
    pub fn at(self, opacity: f32) -> Self {
        let alpha = f32::from(self.alpha) * opacity.clamp(0.0, 1.0);
        Self { alpha: (alpha + 0.5) as u8, ..self }
    }

    /// The colour on the way to another.
    pub fn toward(self, other: Self, x: f32) -> Self {
        let x = (x.clamp(0.0, 1.0) * 256.0) as i32;
        let part = |shift: u32| {
            let (a, b) = ((self.rgb >> shift & 255) as i32, (other.rgb >> shift & 255) as i32);
            ((a + (b - a) * x / 256) as u32) << shift
        };
        Self { rgb: part(16) | part(8) | part(0), alpha: self.alpha }
    }
}

pub fn of_tone(tone: Tone) -> Ink {
    match tone {
        Tone::Plain => TEXT,
        Tone::Good => GOOD,
        Tone::Warn => WARN,
        Tone::Bad => BAD,
    }
}

pub fn of_role(role: Option<Role>) -> Ink {
    match role {
        None => ink(0xd7_dd_ea),
        Some(Role::Comment) => ink(0x77_82_98),
        Some(Role::Keyword) => ink(0xc7_92_ff),
        Some(Role::String) => ink(0x9f_d9_7b),
        Some(Role::Number) => ink(0xff_a9_66),
        Some(Role::Function) => ink(0x7f_b3_ff),
        Some(Role::Type) => ink(0x63_d3_d8),
        Some(Role::Attribute) => ink(0xe6_c0_6a),
    }
}
