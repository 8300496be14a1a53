from mnist_models.markdown import escaped


def test_signs_lose_their_meaning_and_words_stay():
    assert escaped("a|b [c](http://d) ![e](f) `g` $h$ :red[i] <b>") == (
        r"a\|b \[c\]\(http\:\/\/d\) \!\[e\]\(f\) \`g\` \$h\$ \:red\[i\] \<b\>"
    )
    assert escaped("Größe 7 · 1") == "Größe 7 · 1"
