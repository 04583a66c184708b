"""The state's standardisation of 20 業務 in 40 steps (標準化の進捗)."""
