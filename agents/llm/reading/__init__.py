"""What a server sends back, read: answers, letters, words, refusals, failures, models on offer."""
