from scripts.verify_weights import broken_promises, differences

CARD = {
    "parameters": 7,
    "test": {"accuracy": 0.99, "recalls": [0.98, 1.0]},
    "test_photos": {"in a box": {"read": 57}},
}


def test_equal_figures_say_nothing():
    assert differences(CARD, CARD | {"parameters": 8}) == []
    assert differences(CARD, CARD | {"test": {"accuracy": 0.9899, "recalls": [0.98, 1.0]}}) == []


def test_other_figures_are_said():
    measured = CARD | {"test": {"accuracy": 0.95, "recalls": [0.98, 0.5]}}
    assert differences(CARD, measured) == [
        "test.accuracy is 0.95, not 0.99",
        "test.recalls.1 is 0.5, not 1",
    ]


def test_figures_that_come_and_go_are_said():
    assert differences(CARD, {"test": CARD["test"]}) == ["test_photos.in a box.read is no longer measured"]
    assert differences({"test": CARD["test"]}, CARD) == ["test_photos.in a box.read is new: 57"]


def test_a_broken_promise_is_said():
    assert broken_promises("mlp", CARD) == []
    (said,) = broken_promises("mlp", {"test": {"accuracy": 0.9}})
    assert "mlp: test.accuracy is 0.9" in said
