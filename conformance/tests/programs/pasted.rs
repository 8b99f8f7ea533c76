/// `open` opens the driver, each time on the same backend, which is empty at first.
fn replay(open: &dyn Fn() -> Box<dyn session_driver::SessionDriver>) {
    use session_driver::*;
    let id = |text: &str| SessionId::parse(text).unwrap();
    let at = |millis: i64| Timestamp::from_millis(1_800_000_000_000 + millis).unwrap();
    let driver = open();
    driver.store(&id("id-1"), NewRecord { payload: &1_u64.to_le_bytes(), expires_at: None }, Precondition::Any, at(0)).unwrap();
    driver.rotate(&id("id-1"), &id("id-2"), at(0)).unwrap();
    driver.rotate(&id("id-2"), &id("id-1"), at(0)).unwrap();
    let seen = driver.touch(&id("id-1"), None, at(0));
    assert!(matches!(seen, Ok(true)), "{seen:?}");
}
