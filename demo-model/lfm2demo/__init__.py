"""Generator, tokenizer, model and evaluation of lfm4j's demo checkpoint."""
