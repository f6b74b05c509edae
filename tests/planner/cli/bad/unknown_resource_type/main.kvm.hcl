resource "toy_thin" "a" {
  name = "a"
}
resource "netpaln_bridge" "b" {
  name = "br0"
}
