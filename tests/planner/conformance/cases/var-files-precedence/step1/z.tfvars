e = "z"
f = "z"
