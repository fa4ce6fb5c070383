"""Questions: what they say, in which order, and what does not change them."""

from windtunnel.agents.prompt import (
    archetype_request,
    member_request,
    neutral_request,
    option_orders,
    prompt_sha256,
)


def test_a_question_puts_what_is_shared_first_and_the_persona_last(scene):
    request = archetype_request(scene, (2, 1), 0, (1, 2))
    assert request.system == "This is a forum."
    assert request.letters == "AB"
    assert request.user.splitlines() == [
        "What a member can do:",
        "A) answers calmly",
        "B) answers with an insult",
        "The situation:",
        "The post is insulting.",
        "The thread is a quarrel.",
        "The member is new.",
        "What does the member do? Answer with one letter.",
    ]


def test_the_neutral_question_is_about_the_ordinary_persona_or_about_nobody(scene):
    assert "The member is a regular." in neutral_request(scene, (0, 1)).user
    nobody = scene._replace(personas=scene.personas[:1])
    assert "The member is" not in neutral_request(nobody, (0, 1)).user
    assert "The post" not in neutral_request(scene, (0, 1)).user


def test_the_order_of_letters_depends_on_the_options_and_never_on_the_situation_or_member(scene, batch):
    (order,) = option_orders(scene, (0, 1, 2))
    assert sorted(order) == [0, 1, 2]
    assert option_orders(scene, (0, 1, 2)) == [order]
    requests = [
        archetype_request(scene, bins, persona, order) for bins in [(0, 0), (2, 1)] for persona in (0, 1)
    ]
    assert len({request.user.split("The situation:")[0] for request in requests}) == 1
    assert (
        len(
            {
                option_orders(scene._replace(question=f"Question {number}?"), (0, 1, 2))[0]
                for number in range(40)
            }
        )
        == 6
    )


def test_with_as_many_orders_as_options_each_option_holds_each_letter_once(scene):
    orders = option_orders(scene, (0, 1, 2, 3), permute=4)
    assert all(sorted(column) == [0, 1, 2, 3] for column in zip(*orders, strict=True))
    assert option_orders(scene, (0, 1, 2, 3), permute=99) == orders
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)


def test_a_member_question_shows_the_lines_of_that_member(scene, batch):
    situations = batch((0, 0, 0, (0, 1)), (0, 0, 0, (0, 1)), first=7)
    assert "This is member 8." in member_request(situations, 1, (0, 1)).user
    assert "member 7" not in member_request(situations, 1, (0, 1)).user


def test_the_hash_of_the_prompts_changes_with_each_of_their_words(scene):
    others = [
        scene._replace(setting="Another."),
        scene._replace(question="And?"),
        scene._replace(features=scene.features[:1]),
        scene._replace(personas=scene.personas[:1]),
        scene._replace(actions=type(scene.actions)(scene.actions[:3])),
    ]
    assert len({prompt_sha256(one) for one in [scene, *others]}) == 6
