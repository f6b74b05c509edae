a = <<EOT
  ${
foo}
    ${ { a = 1
} }
EOT
b = {
  c  = <<-E
      one ${x} two
      E
  dd = 1
}
block {
  f = f(<<A
a
A
  , 1)
  e = "${join(",", <<B
b
  ${c
    }
B
)}"
}
