"""The marketers' templates as a whole: which steps use them, what is wrong in them, and how they look."""
