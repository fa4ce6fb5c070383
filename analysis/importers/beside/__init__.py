"""What comes beside the posts: acts of moderators, tones by hand or by a reader, what the community says of itself."""
