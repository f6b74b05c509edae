"""kvmplan: plan and apply for the network of KVM hosts. This package is the engine and the command line.

It reads configuration, plans, reviews, applies, and keeps state. It knows no libvirt, nftables or netplan: providers
do, and it finds them through the entry-point group ``kvmplan``. What providers may rely on is in `kvmplan_sdk`.
"""

__version__ = "0.1.0"
