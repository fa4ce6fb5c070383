"""The folder that an import leaves: written, asked for its dates and for what it lacks, and people taken out of it."""
