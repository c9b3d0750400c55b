// placeholder until the part's first source file lands
