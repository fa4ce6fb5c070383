"""HTML of posts becomes their words, and runs nothing."""

from windtunnel.analysis.importers.text.markup import words_of


def test_html_becomes_words_and_runs_nothing():
    assert words_of("<p>a<br>b</p><p>c &lt;d&gt;</p>") == "a\nb\n\nc <d>"
    assert words_of("<script>x</script><style>y</style>z<iframe>w</iframe>") == "z"
    assert words_of("<ul><li>one</li><li>two</li></ul>") == "one\n\ntwo"
    assert words_of('<p>so <img alt=":smile:" src=x onerror=y></p>') == "so :smile:"
    assert words_of("1 < 2 & 3") == "1 < 2 & 3" and words_of("<" * 50_000) == "<" * 50_000
    assert (
        words_of(
            '<span class="h-card"><a href="https://h.example/@bob" class="u-url mention">@<span>bob</span></a></span> hi'
        )
        == "@bob@h.example hi"
    )
