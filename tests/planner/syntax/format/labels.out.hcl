a "tab\tand \"quote\"" "b" "é" {
}
one "two" { a = 1 }
x "" {}
z "\u0007\u200b" {}
