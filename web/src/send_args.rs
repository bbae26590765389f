//! What `send`, `invoke` and `send_sync` take: a tuple, whose members are the arguments of the host's listeners.

use exciton_protocol::{Args, EncodeError};
use serde::Serialize;

/// The arguments of a message: a tuple of 0 to 8 `Serialize` values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of arguments",
    label = "not a tuple of `Serialize` values",
    note = "write `(value,)` for one argument and `()` for none; up to 8, each `serde::Serialize`"
)]
pub trait SendArgs {
    /// Writes them.
    #[doc(hidden)]
    fn into_args(self) -> Result<Args, EncodeError>;
}

impl SendArgs for Args {
    fn into_args(self) -> Result<Args, EncodeError> {
        Ok(self)
    }
}

impl SendArgs for () {
    fn into_args(self) -> Result<Args, EncodeError> {
        Ok(Args::none())
    }
}

macro_rules! tuple {
    ($($arg:ident)*) => {
        impl<$($arg: Serialize),*> SendArgs for ($($arg,)*) {
            fn into_args(self) -> Result<Args, EncodeError> {
                Args::from_serialize(&self)
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);
