a "tab	and \"quote\"" b "\u00e9" {
}
one two{ a=1 }
x "" { }
z "\u0007\u200b" {}
