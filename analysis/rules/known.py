"""The fields that a rule may ask for, and why others are refused: what a rule reads must have been known when a post came."""

from windtunnel.analysis.rules.numbers import hour_test, number_test, period_test

SEARCHED = ("title", "body")
"""Texts of a post that can be searched."""

OF_POST = {"depth": number_test, "hour": hour_test}
OF_AUTHOR = {
    "posts_before": number_test,
    "posts_last_hour": number_test,
    "posts_last_day": number_test,
    "threads_last_day": number_test,
    "removed_before": number_test,
    "warned_before": number_test,
    "suspended_before": number_test,
    "known_for": period_test,
}
OF_THREAD = {"replies_before": number_test, "replies_last_hour": number_test, "age": period_test}
"""Numbers of ours, which AutoModerator does not have: each is a column of `facts`, counted up to the post."""

YES_OR_NO = {"is_submitter": "submitter", "is_moderator": "moderator", "is_newcomer": "newcomer"}
"""Of an author; the last is ours."""

AFTERWARDS = {
    "score": "a post's score is known only afterwards",
    "up": "votes are known only afterwards",
    "down": "votes are known only afterwards",
    "controversial": "votes are known only afterwards",
    "status": "whether a post was removed is known only afterwards",
    "removed": "whether a post was removed is known only afterwards",
    "deleted": "whether a post was deleted is known only afterwards",
    "is_edited": "whether a post was edited is known only afterwards",
    "replies": "how many replies a post gets is known only afterwards: thread: replies_before counts those that were there",
    "comment_karma": "karma is what all votes came to afterwards, and the record has no account's",
    "post_karma": "karma is what all votes came to afterwards, and the record has no account's",
    "link_karma": "karma is what all votes came to afterwards, and the record has no account's",
    "combined_karma": "karma is what all votes came to afterwards, and the record has no account's",
    "comment_subreddit_karma": "karma is what all votes came to afterwards",
    "post_subreddit_karma": "karma is what all votes came to afterwards",
    "combined_subreddit_karma": "karma is what all votes came to afterwards",
    "past_archive_date": "it is known only afterwards",
}
NOT_THERE = {
    "reports": "the record does not hold who reported what, and when",
    "account_age": "the record does not say when an account was made: author: known_for counts from the author's first post in it",
    "id": "source ids are kept only under the key: ask with `windtunnel why`",
    "url": "an import keeps no addresses apart from the text: search the body",
    "domain": "an import keeps no addresses apart from the text: search the body",
    "standard": "the lists of words behind it are Reddit's own and not here: write the words out",
    "crosspost_author": "the record knows no crossposts",
    "crosspost_subreddit": "the record knows no crossposts",
    "subreddit": "the record is one community's",
    "flair_text": "an import keeps no flairs",
    "flair_css_class": "an import keeps no flairs",
    "flair_template_id": "an import keeps no flairs",
    "is_gold": "the record does not tell it",
    "is_contributor": "the record does not tell it",
    "is_original_content": "the record does not tell it",
    "is_poll": "the record does not tell it",
    "is_gallery": "the record does not tell it",
    "has_verified_email": "the record does not tell it",
    "contributor_quality": "the record does not tell it",
    "ignore_reports": "the record holds no reports",
}
_ELSE = (
    "comment comment_locked comment_stickied modmail modmail_subject message message_subject action_reason report_reason "
    "set_flair overwrite_flair set_sticky set_nsfw set_spoiler set_contest_mode set_original_content set_suggested_sort "
    "set_locked set_post_crowd_control_level"
)
NOT_SHOWN = frozenset(_ELSE.split())
"""What AutoModerator does besides, and a record cannot show: left out, and told."""


def refused(key: str) -> str | None:
    """Why a field is refused; None where nothing is known of it."""
    if key in AFTERWARDS:
        return AFTERWARDS[key]
    if key.startswith("media_"):
        return "an import keeps nothing of linked media"
    return NOT_THERE.get(key)
