//! Parts of a gzip stream that are made apart and are one when they are put together.
//!
//! Each is a run of deflate blocks that ends with a byte and refers to nothing before it, as a flush of zlib leaves it (RFC 1951, 3.2;
//! RFC 1952, 2.2 and 2.3).

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// What a stream begins with: no name, no time, compressed in haste, by an unknown system.
pub(super) const START: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];

/// A block without bytes that says that it is the last one.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// Makes parts.
#[derive(Debug)]
pub(super) struct Packer {
    encoder: DeflateEncoder<Vec<u8>>,
}

impl Packer {
    pub(super) fn new() -> Self {
        Self { encoder: DeflateEncoder::new(Vec::new(), Compression::fast()) }
    }

    /// Returns the part that some bytes make.
    pub(super) fn pack(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.encoder.write_all(bytes)?;
        self.encoder.flush()?;
        let part = std::mem::take(self.encoder.get_mut());
        // The next one must not refer to what was here. What ends the stream is not wanted.
        self.encoder.reset(Vec::new())?;
        Ok(part)
    }
}

/// Returns the checksum of what a part holds.
pub(super) fn sum(bytes: &[u8]) -> Crc {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc
}

/// Returns what a stream ends with.
pub(super) fn end(whole: &Crc) -> Vec<u8> {
    let mut end = LAST_BLOCK.to_vec();
    end.extend_from_slice(&whole.sum().to_le_bytes());
    end.extend_from_slice(&whole.amount().to_le_bytes());
    end
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::{Packer, START, end, sum};

    #[test]
    fn parts_in_any_order_make_a_stream() {
        let texts =
            ["a header\n".to_owned(), "some lines, ".repeat(40_000), String::new(), "rest".to_owned()];
        let mut packer = Packer::new();
        let parts: Vec<_> = texts.iter().map(|text| packer.pack(text.as_bytes()).unwrap()).collect();

        for order in [[0, 1, 2, 3], [3, 1, 0, 2], [1, 1, 3, 3]] {
            let (mut stream, mut whole, mut wanted) = (START.to_vec(), sum(b""), String::new());
            for at in order {
                stream.extend_from_slice(&parts[at]);
                whole.combine(&sum(texts[at].as_bytes()));
                wanted += &texts[at];
            }
            stream.extend_from_slice(&end(&whole));

            let mut read = String::new();
            let mut decoder = GzDecoder::new(&stream[..]);
            decoder.read_to_string(&mut read).unwrap();

            assert!(read == wanted, "{order:?}");
            assert!(decoder.into_inner().is_empty());
        }
    }
}
