"""A forum: threads, replies with a tone, votes, reports, newcomers and moderators with limited attention."""
