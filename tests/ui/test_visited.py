from mnist_models.ui.visited import Visited


def test_goes_back_and_forward():
    visited = Visited(("a",)).visit("b").visit("c")
    assert visited.address == "c"
    assert not visited.can_go_forward
    assert visited.back().address == "b"
    assert visited.back().back().back().address == "a"
    assert not visited.back().back().can_go_back
    assert visited.back().forward().address == "c"


def test_forgets_what_was_ahead():
    visited = Visited(("a",)).visit("b").back().visit("c")
    assert visited.addresses == ("a", "c")


def test_passes_over_the_picture_in_sight():
    visited = Visited(("a", "b"), 0)
    assert visited.visit("a") == visited
