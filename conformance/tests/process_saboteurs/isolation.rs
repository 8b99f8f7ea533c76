//! ISO: faults that show to neighbours.

use crate::dump_driver::{Conduct, HONEST, files};
use crate::saboteur::Saboteur;

pub(crate) const SABOTEURS: &[Saboteur] = &[
    Saboteur {
        name: "one-namespace-for-all",
        fault: "takes the name of a namespace and does nothing with it",
        breaks: &["ISO-1", "ISO-2"],
        sometimes: &[],
        conduct: Conduct {
            folder: |_| (HONEST.folder)(None),
            ..HONEST
        },
    },
    Saboteur {
        name: "own-namespace-holds-all",
        fault: "sweeps every namespace with its own, as a `DELETE` without the column of the tenant",
        breaks: &["ISO-1", "ISO-2"],
        sometimes: &[],
        conduct: Conduct {
            save: |dump, records| {
                for entry in std::fs::read_dir(&dump.root)? {
                    let other = dump.elsewhere(entry?.path());
                    let mut theirs = files::load(&other)?;
                    theirs.retain(|id, _| records.contains_key(id) || !id.starts_with(['d', 'x']));
                    files::save(&other, &theirs)?;
                }
                files::save(dump, records)
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "folds-the-case-of-names",
        fault: "names its directories like the namespaces, on a file system or in a database that folds case",
        breaks: &["ISO-2"],
        sometimes: &[],
        conduct: Conduct {
            folder: |name| (HONEST.folder)(name.map(str::to_lowercase).as_deref()),
            ..HONEST
        },
    },
    Saboteur {
        name: "nests-namespaces",
        fault: "cuts a name at the first slash, so that nested namespaces share the directory of the first",
        breaks: &["ISO-2"],
        sometimes: &[],
        conduct: Conduct {
            folder: |name| (HONEST.folder)(name.map(|name| name.split('/').next().unwrap_or(name))),
            ..HONEST
        },
    },
    Saboteur {
        name: "drops-metacharacters-from-names",
        fault: "makes a name safe by leaving out what is not a letter: `a_` and `a%` are one namespace",
        breaks: &["ISO-2"],
        sometimes: &[],
        conduct: Conduct {
            folder: |name| {
                let letters = name.map(|name| {
                    name.chars()
                        .filter(|c| c.is_alphanumeric())
                        .collect::<String>()
                });
                (HONEST.folder)(letters.as_deref())
            },
            ..HONEST
        },
    },
    Saboteur {
        name: "keeps-a-copy-for-each-instance",
        fault: "reads the file once and answers from memory: two instances in one process are two stores",
        breaks: &["ISO-4", "CON-1", "CON-2", "STO-1", "STO-2"],
        sometimes: &[],
        conduct: Conduct {
            load: |dump| {
                if let Some(records) = &dump.kept().records {
                    return Ok(records.clone());
                }
                let records = files::load(dump)?;
                dump.kept().records = Some(records.clone());
                Ok(records)
            },
            save: |dump, records| {
                dump.kept().records = Some(records.clone());
                files::save(dump, records)
            },
            ..HONEST
        },
    },
];
