a  = 1
bb = 2 # x

c {
  d  = "é" # é
  日本 = 1   # y
}
e = <<E
 x
E
