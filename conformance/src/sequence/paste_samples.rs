pub(super) mod sample_0 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.retrieve(&id("none"), at(0));
    assert!(matches!(seen, Ok(None)), "{seen:?}");
}
}
pub(super) mod sample_1 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    let v7 = driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.retrieve(&id("c"), at(0));
    assert!(matches!(&seen, Ok(Some(record)) if record.payload == 65_u64.to_le_bytes().repeat(8) && record.expires_at == Some(at(8)) && record.version == v7), "{seen:?}");
}
}
pub(super) mod sample_2 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.retrieve(&id("dead"), at(2));
    assert!(matches!(seen, Ok(None)), "{seen:?}");
}
}
pub(super) mod sample_3 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.store(&id("none"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: None }, Precondition::Absent, at(0));
    assert!(seen.is_ok(), "{seen:?}");
}
}
pub(super) mod sample_4 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.store(&id("c"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: None }, Precondition::Version(v1), at(0));
    assert!(matches!(&seen, Err(error) if error.kind() == ErrorKind::Conflict), "{seen:?}");
}
}
pub(super) mod sample_5 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.store(&id("none"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: None }, Precondition::Present, at(0));
    assert!(matches!(&seen, Err(error) if error.kind() == ErrorKind::NotFound), "{seen:?}");
}
}
pub(super) mod sample_6 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.touch(&id("c"), None, at(9));
    assert!(matches!(seen, Ok(false)), "{seen:?}");
}
}
pub(super) mod sample_7 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.remove(&id("c"), at(0));
    assert!(matches!(seen, Ok(true)), "{seen:?}");
}
}
pub(super) mod sample_8 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.rotate(&id("none"), &id("c"), at(0));
    assert!(matches!(seen, Ok(None)), "{seen:?}");
}
}
pub(super) mod sample_9 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    let v7 = driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.rotate(&id("c"), &id("none"), at(0));
    assert!(matches!(seen, Ok(Some(version)) if version == v7), "{seen:?}");
}
}
pub(super) mod sample_10 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.rotate(&id("c"), &id("a\"b"), at(0));
    assert!(matches!(&seen, Err(error) if error.kind() == ErrorKind::AlreadyExists), "{seen:?}");
}
}
pub(super) mod sample_11 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let mut visited: Vec<String> = vec![];
    let seen = driver.traverse(at(2), &mut |id| { visited.push(id.as_str().into()); std::ops::ControlFlow::Continue(()) });
    assert!(seen.is_ok() && { visited.sort(); visited == ["a\"b", "c"] as [&str; 2] }, "{seen:?}");
}
}
pub(super) mod sample_12 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.sweep(at(7), std::num::NonZeroUsize::new(1).unwrap());
    assert!(matches!(seen, Ok(swept) if swept.removed <= 1 && (swept.more || swept.removed == 1)), "{seen:?}");
}
}
pub(super) mod sample_13 {
/// `open` opens the driver, each time on the same backend, which is empty at first.
pub(in super::super) fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    let other = open();
    let v1 = driver.store(&id("a\"b"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(5)) }, Precondition::Absent, at(0)).unwrap();
    other.store(&id("a\"b"), NewRecord { payload: &[], expires_at: None }, Precondition::Version(v1), at(0)).unwrap();
    other.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: None }, Precondition::Version(Version::from_bits(0x5e5510130d2abe11)), at(0)).unwrap_err();
    drop(driver);
    drop(other);
    let driver = open();
    let other = open();
    driver.store(&id("gone"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Any, at(0)).unwrap();
    let v6 = driver.rotate(&id("gone"), &id("c"), at(0)).unwrap().unwrap();
    driver.store(&id("c"), NewRecord { payload: &65_u64.to_le_bytes().repeat(8), expires_at: Some(at(9)) }, Precondition::Version(v6), at(0)).unwrap();
    other.store(&id("dead"), NewRecord { payload: &9_u64.to_le_bytes(), expires_at: Some(at(2)) }, Precondition::Any, at(0)).unwrap();
    other.sweep(at(1), std::num::NonZeroUsize::MAX).unwrap();
    driver.traverse(at(1), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    driver.touch(&id("c"), Some(at(8)), at(0)).unwrap();
    driver.remove(&id("none"), at(0)).unwrap();
    let seen = driver.sweep(at(8), std::num::NonZeroUsize::MAX);
    assert!(matches!(seen, Ok(swept) if swept.removed <= 2 && (swept.more || swept.removed == 2)), "{seen:?}");
}
}
