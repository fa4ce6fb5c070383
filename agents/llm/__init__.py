"""Language models as functions from requests to answers: client, embedded server, store, and a fake."""
