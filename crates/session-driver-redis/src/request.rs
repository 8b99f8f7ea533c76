//! One command, before it is known which server it goes to.

use redis::{Cmd, cmd};

use crate::script::Script;

/// A command about one key.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    verb: Verb<'a>,
    keys: &'a [&'a [u8]],
    arguments: &'a [&'a [u8]],
    /// Whether it changes nothing, so that it may be sent twice.
    pub(crate) is_read: bool,
}

#[derive(Clone, Copy)]
enum Verb<'a> {
    Command(&'static str),
    Script(&'a Script),
}

impl<'a> Request<'a> {
    /// A command that changes nothing.
    pub(crate) fn read(
        command: &'static str,
        keys: &'a [&'a [u8]],
        arguments: &'a [&'a [u8]],
    ) -> Request<'a> {
        Request {
            verb: Verb::Command(command),
            keys,
            arguments,
            is_read: true,
        }
    }

    /// A command that changes something.
    pub(crate) fn write(
        command: &'static str,
        keys: &'a [&'a [u8]],
        arguments: &'a [&'a [u8]],
    ) -> Request<'a> {
        Request {
            is_read: false,
            ..Request::read(command, keys, arguments)
        }
    }

    /// A script that may change what the keys hold.
    pub(crate) fn script(
        script: &'a Script,
        keys: &'a [&'a [u8]],
        arguments: &'a [&'a [u8]],
    ) -> Request<'a> {
        Request {
            verb: Verb::Script(script),
            keys,
            arguments,
            is_read: false,
        }
    }

    /// Whether the second key is that of a claim to the record under the first: in a cluster it is.
    pub(crate) fn has_claim(&self) -> bool {
        self.keys.len() == 2
    }

    /// The same without the claim.
    pub(crate) fn without_claim(self) -> Request<'a> {
        Request {
            keys: &self.keys[..1],
            ..self
        }
    }

    /// The key that says which server of a cluster it goes to.
    pub(crate) fn key(&self) -> &'a [u8] {
        self.keys.first().copied().unwrap_or_default()
    }

    /// The bytes to send.
    pub(crate) fn packed(&self) -> Vec<u8> {
        match self.verb {
            Verb::Command(command) => self.finish(cmd(command)),
            Verb::Script(script) => self.finish(self.invocation("EVALSHA", &script.sha)),
        }
    }

    /// The bytes to send to a server that does not know the script: the script itself, which it
    /// remembers. `None` when this is no script.
    pub(crate) fn packed_with_body(&self) -> Option<Vec<u8>> {
        match self.verb {
            Verb::Command(_) => None,
            Verb::Script(script) => Some(self.finish(self.invocation("EVAL", &script.body))),
        }
    }

    fn invocation(&self, command: &str, script: &str) -> Cmd {
        let mut invocation = cmd(command);
        invocation.arg(script).arg(self.keys.len());
        invocation
    }

    fn finish(&self, mut command: Cmd) -> Vec<u8> {
        for part in self.keys.iter().chain(self.arguments) {
            command.arg(*part);
        }
        command.get_packed_command()
    }
}
