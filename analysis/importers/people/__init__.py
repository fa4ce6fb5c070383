"""Who is who without saying so: pseudonyms under a key, names out of texts, ids and titles sealed."""
