"""What customers write to the shop's number: a stop, an answer to a survey, or words for a person."""
