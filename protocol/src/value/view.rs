//! Typed arrays and DataViews: a window on a buffer.

use std::fmt;

use bytes::Bytes;

use super::Value;

/// A typed array or DataView: a kind, the whole underlying buffer, and the part of it that shows.
///
/// Invariant: the window lies within the buffer, and a typed array's offset is a multiple of its element's size.
#[derive(Clone, PartialEq, Eq)]
pub struct View {
    kind: ViewKind,
    buffer: Bytes,
    offset: usize,
    length: usize,
}

impl View {
    /// A view of `length` elements from byte `offset` of a buffer. A DataView counts its length in bytes.
    ///
    /// # Errors
    /// [`BadView`] if the window isn't within the buffer or not on an element's boundary.
    pub fn new(
        kind: ViewKind,
        buffer: Bytes,
        offset: usize,
        length: usize,
    ) -> Result<Self, BadView> {
        let bad = BadView { kind, size: buffer.len(), offset, length };
        let end =
            length.checked_mul(kind.element_size()).and_then(|bytes| bytes.checked_add(offset));
        match end {
            Some(end) if end <= buffer.len() && offset.is_multiple_of(kind.element_size()) => {
                Ok(View { kind, buffer, offset, length })
            }
            _ => Err(bad),
        }
    }

    /// A `Uint8Array` that shows all of a buffer.
    pub fn uint8(buffer: Bytes) -> Self {
        let length = buffer.len();
        View { kind: ViewKind::Uint8Array, buffer, offset: 0, length }
    }

    /// Which typed array it is, or a DataView.
    pub fn kind(&self) -> ViewKind {
        self.kind
    }

    /// The whole underlying buffer.
    pub fn buffer(&self) -> &Bytes {
        &self.buffer
    }

    /// Where the window starts, in bytes.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Elements in the window; bytes for a DataView.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The bytes in the window, little-endian as every page's are. Nothing is copied.
    pub fn bytes(&self) -> Bytes {
        self.buffer.slice(self.offset..self.offset + self.length * self.kind.element_size())
    }

    /// One element as JavaScript has it: a number, or a BigInt in the two kinds of 64 bits. A DataView has bytes.
    pub fn element(&self, index: usize) -> Option<Value> {
        if index >= self.length {
            return None;
        }
        let size = self.kind.element_size();
        let start = self.offset + index * size;
        let mut word = [0; 8];
        word[..size].copy_from_slice(&self.buffer[start..start + size]);
        let [b0, b1, b2, b3, ..] = word;
        let number = match self.kind {
            ViewKind::Int8Array => i8::from_le_bytes([b0]).into(),
            ViewKind::Uint8Array | ViewKind::Uint8ClampedArray | ViewKind::DataView => b0.into(),
            ViewKind::Int16Array => i16::from_le_bytes([b0, b1]).into(),
            ViewKind::Uint16Array => u16::from_le_bytes([b0, b1]).into(),
            ViewKind::Int32Array => i32::from_le_bytes([b0, b1, b2, b3]).into(),
            ViewKind::Uint32Array => u32::from_le_bytes([b0, b1, b2, b3]).into(),
            ViewKind::Float16Array => half(u16::from_le_bytes([b0, b1])),
            ViewKind::Float32Array => f32::from_le_bytes([b0, b1, b2, b3]).into(),
            ViewKind::Float64Array => f64::from_le_bytes(word),
            ViewKind::BigInt64Array => return Some(Value::BigInt(i64::from_le_bytes(word).into())),
            ViewKind::BigUint64Array => {
                return Some(Value::BigInt(u64::from_le_bytes(word).into()));
            }
        };
        Some(Value::Number(number))
    }
}

/// A half-precision float, exactly.
///
/// Source: IEEE 754, binary16.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 0x3ff);
    match i32::from(bits >> 10 & 0x1f) {
        0 => sign * fraction * 2_f64.powi(-24),
        0x1f if fraction > 0.0 => f64::NAN,
        0x1f => sign * f64::INFINITY,
        exponent => sign * (1_024.0 + fraction) * 2_f64.powi(exponent - 25),
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let View { kind, buffer, offset, length } = self;
        write!(f, "{}({length}) at {offset} of ArrayBuffer({})", kind.name(), buffer.len())
    }
}

macro_rules! kinds {
    ($($kind:ident $size:literal),+ $(,)?) => {
        /// The kinds of view. Source: ECMA-262, "TypedArray Objects" and "DataView Objects".
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[allow(missing_docs)]
        pub enum ViewKind {
            $($kind),+
        }

        impl ViewKind {
            /// All of them.
            pub const ALL: &[ViewKind] = &[$(ViewKind::$kind),+];

            /// JavaScript's name of the constructor.
            pub fn name(self) -> &'static str {
                match self {
                    $(ViewKind::$kind => stringify!($kind)),+
                }
            }

            /// The kind with this constructor's name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($kind) => Some(ViewKind::$kind),)+
                    _ => None,
                }
            }

            /// Bytes of one element; 1 for a DataView.
            pub fn element_size(self) -> usize {
                match self {
                    $(ViewKind::$kind => $size),+
                }
            }
        }
    };
}

kinds! {
    Int8Array 1, Uint8Array 1, Uint8ClampedArray 1, Int16Array 2, Uint16Array 2, Int32Array 4, Uint32Array 4,
    Float16Array 2, Float32Array 4, Float64Array 8, BigInt64Array 8, BigUint64Array 8, DataView 1,
}

/// A view whose window isn't within its buffer, or not on an element's boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {} of length {length} at byte {offset} doesn't fit a buffer of {size} bytes", kind.name())]
pub struct BadView {
    /// Kind of the view.
    pub kind: ViewKind,
    /// Bytes of the buffer.
    pub size: usize,
    /// Byte at which the window was to start.
    pub offset: usize,
    /// Elements that it was to have.
    pub length: usize,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_view_shows_its_window_without_a_copy() {
        let buffer = Bytes::from_static(&[1, 2, 3, 4, 5, 6, 7, 8]);
        let view = View::new(ViewKind::Uint16Array, buffer.clone(), 2, 2).unwrap();
        assert_eq!(view.bytes(), &[3, 4, 5, 6][..]);
        assert_eq!(view.bytes().as_ptr(), buffer[2..].as_ptr());
    }

    #[test]
    fn windows_outside_the_buffer_or_off_the_boundary_are_refused() {
        let buffer = Bytes::from_static(&[0; 8]);
        for (kind, offset, length) in [
            (ViewKind::Uint8Array, 0, 9),
            (ViewKind::Uint8Array, 9, 0),
            (ViewKind::Float64Array, 4, 0),
            (ViewKind::Float64Array, 0, usize::MAX),
            (ViewKind::DataView, usize::MAX, 1),
        ] {
            assert!(View::new(kind, buffer.clone(), offset, length).is_err(), "{kind:?} {offset}");
        }
        assert!(View::new(ViewKind::DataView, buffer, 8, 0).is_ok());
    }

    #[test]
    fn elements_are_what_javascript_reads() {
        let bytes = Bytes::from_static(&[0, 0xbc, 0xff, 0xff, 1, 0, 0, 0x80]);
        let elements = |kind: ViewKind| -> Vec<Value> {
            let view = View::new(kind, bytes.clone(), 0, 8 / kind.element_size()).unwrap();
            (0..view.length()).map(|index| view.element(index).unwrap()).collect()
        };
        let tiny = 2_f64.powi(-24);
        for (kind, expected) in [
            (
                ViewKind::Float16Array,
                vec![(-1.0).into(), f64::NAN.into(), tiny.into(), (-0.0).into()],
            ),
            (
                ViewKind::Int16Array,
                vec![(-17_408.0).into(), (-1.0).into(), 1.0.into(), (-32_768.0).into()],
            ),
            (ViewKind::Uint32Array, vec![4_294_949_888.0.into(), 2_147_483_649.0.into()]),
            (
                ViewKind::BigInt64Array,
                vec![Value::BigInt((0x8000_0001_ffff_bc00_u64 as i64).into())],
            ),
        ] {
            assert_eq!(elements(kind), expected, "{kind:?}");
        }
        assert_eq!(View::uint8(bytes.clone()).element(8), None);
    }

    #[test]
    fn kinds_are_found_by_their_name() {
        for kind in ViewKind::ALL {
            assert_eq!(ViewKind::from_name(kind.name()), Some(*kind));
        }
        assert_eq!(ViewKind::from_name("Array"), None);
    }
}
