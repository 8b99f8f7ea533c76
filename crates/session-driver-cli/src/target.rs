//! The store that a URL names, as the commands open it.

use session_driver::{ErrorKind, SessionDriver};
use session_driver_url::{Drivers, StoreUrl};

use crate::failure::Failure;
use crate::output::Output;

/// A driver whose type the commands need not know.
pub(crate) type Driver = Box<dyn SessionDriver>;

/// Where a Redis server usually answers.
const USUAL_SERVER: &str = "redis://127.0.0.1:6379";

/// A store as the user names it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) url: StoreUrl,
}

impl Target {
    /// The store that `url` names. Nothing is opened yet.
    pub(crate) fn locate(url: &str) -> Result<Target, Failure> {
        let url: StoreUrl = url.parse()?;
        Drivers::built_in().prepare(&url)?;
        Ok(Target { url })
    }

    /// The Redis server of this host, if one answers where they usually do.
    pub(crate) fn usual_server() -> Option<Target> {
        let target = Target::locate(USUAL_SERVER).ok()?;
        let url = target
            .url
            .clone()
            .with_parameter("connect-timeout", "250ms");
        let answers = Drivers::built_in().prepare(&url).ok()?.open().is_ok();
        answers.then_some(target)
    }

    /// Opens the store, and makes it if there is none. The driver's warnings are noted.
    pub(crate) fn open_or_create(&self, output: &Output) -> Result<Driver, Failure> {
        open(&self.url, output)?.map_err(Failure::from)
    }

    /// Opens the store, which must be there: to look at a store must not make one.
    pub(crate) fn open_existing(&self, output: &Output) -> Result<Driver, Failure> {
        let parameters = Drivers::built_in();
        let parameters = parameters.parameters(self.url.scheme()).unwrap_or_default();
        if !parameters.contains(&"create") {
            return self.open_or_create(output);
        }
        let url = self.url.clone().with_parameter("create", "false");
        open(&url, output)?.map_err(|error| {
            let is_missing = error.kind() == ErrorKind::Unavailable;
            match is_missing {
                true => Failure::from(error)
                    .next("check the URL; `import` makes a store that is missing"),
                false => error.into(),
            }
        })
    }
}

fn open(url: &StoreUrl, output: &Output) -> Result<session_driver::Result<Driver>, Failure> {
    let opened = Drivers::built_in().prepare(url)?.open();
    Ok(opened.map(|opened| {
        for warning in opened.warnings {
            output.note(format!("warning: {warning}"));
        }
        opened.driver
    }))
}
