from mnist_models.ui.text.markdown import escaped, in_chart


def test_signs_lose_their_meaning_and_words_stay():
    assert escaped("a|b [c](http://d) ![e](f) `g` $h$ :red[i] <b>") == (
        r"a\|b \[c\]\(http\:\/\/d\) \!\[e\]\(f\) \`g\` \$h\$ \:red\[i\] \<b\>"
    )
    assert escaped("Größe 7 · 1") == "Größe 7 · 1"


def test_nothing_becomes_a_link_or_a_list_by_itself():
    assert escaped("www.evil.example, a@b.c, 1. one") == r"www\.evil.example, a\@b.c, 1. one"
    assert escaped("1. one\n- two\n# three") == "1\\. one\n\\- two\n\\# three"


def test_charts_know_no_foreign_html():
    assert in_chart("<a href='x'>a & b</a>") == "&lt;a href='x'&gt;a &amp; b&lt;/a&gt;"
