//! A byte trie laid out in preorder: a subtree is a contiguous run of nodes, so skipping one is a
//! jump and walking is a scan.
//!
//! Nodes with many children also have a table of them ([`Fan`]), so that a state that reads only a
//! few bytes looks at those alone. Every node knows which classes of characters occur below it, so
//! that a subtree over characters that change nothing is taken as a whole.

use super::classes::{of_ascii, ClassSet, Place, BROKEN};

/// Nodes with more children than this have a [`Fan`].
const FEW_CHILDREN: usize = 8;

/// One node: its byte, where its subtree ends, and the tokens that end here.
#[derive(Clone, Copy)]
struct Node {
    /// The index after the last node of this subtree.
    end: u32,
    /// Where this node's tokens start in the trie's list.
    tokens: u32,
    /// The number of its [`Fan`]; 0, which is the root's, for none.
    fan: u32,
    /// The number of bytes from the root to here, this byte included.
    depth: u16,
    /// The byte that leads here from the parent.
    byte: u8,
}

/// What is below a node.
#[derive(Clone, Copy)]
struct Below {
    /// The classes of all characters that end below, or that tokens have the start of.
    classes: ClassSet,
    /// The most of them that one token has below.
    chars: u32,
    /// Whether the node is inside of a character, or of what is none.
    inside: bool,
}

/// The children of a node by their bytes.
pub struct Fan {
    bytes: [u64; 4],
    /// Where its children start in [`Trie::children`].
    start: u32,
}

/// The root, for what takes a node to go on from.
pub const ROOT: u32 = u32::MAX;

/// A set of tokens by their bytes.
pub struct Trie {
    nodes: Vec<Node>,
    /// Token ids in the order of the nodes they end at.
    tokens: Vec<u32>,
    below: Vec<Below>,
    root_below: Below,
    fans: Vec<Fan>,
    children: Vec<u32>,
}

/// Sorts token ids by their bytes.
pub fn sort<'a>(ids: &mut [u32], text: impl Fn(u32) -> &'a [u8]) {
    // The first eight bytes decide nearly every comparison, and the length most of the others.
    let prefix = |id: u32| {
        let bytes = text(id);
        let mut word = [0u8; 8];
        let len = bytes.len().min(8);
        word[..len].copy_from_slice(&bytes[..len]);
        (u64::from_be_bytes(word), bytes.len() as u32, id)
    };
    let mut keyed: Vec<(u64, u32, u32)> = ids.iter().map(|&id| prefix(id)).collect();
    keyed.sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| match a.1 <= 8 && b.1 <= 8 {
            true => a.1.cmp(&b.1),
            false => text(a.2).cmp(text(b.2)),
        })
    });
    for (slot, (.., id)) in ids.iter_mut().zip(keyed) {
        *slot = id;
    }
}

impl Trie {
    /// The trie of `ids`, which are sorted by their bytes; none of these is empty.
    pub fn new<'a>(ids: &[u32], text: impl Fn(u32) -> &'a [u8]) -> Self {
        let mut nodes: Vec<Node> = Vec::with_capacity(ids.len() * 2);
        let mut path: Vec<u32> = Vec::new();
        let mut previous: &[u8] = &[];
        let close = |nodes: &mut Vec<Node>, path: &mut Vec<u32>, depth: usize| {
            let end = nodes.len() as u32;
            for node in path.drain(depth..) {
                nodes[node as usize].end = end;
            }
        };
        for (at, &id) in ids.iter().enumerate() {
            let bytes = text(id);
            let shared = previous.iter().zip(bytes).take_while(|(a, b)| a == b).count();
            close(&mut nodes, &mut path, shared);
            for (depth, &byte) in bytes.iter().enumerate().skip(shared) {
                path.push(nodes.len() as u32);
                let depth = depth as u16 + 1;
                nodes.push(Node { end: 0, tokens: at as u32, fan: 0, depth, byte });
            }
            previous = bytes;
        }
        close(&mut nodes, &mut path, 0);
        let mut trie = Trie {
            nodes,
            tokens: ids.to_vec(),
            below: Vec::new(),
            root_below: Below { classes: 0, chars: 0, inside: false },
            fans: Vec::new(),
            children: Vec::new(),
        };
        trie.note_below();
        trie.spread_fans();
        trie
    }

    /// What lies at and below some nodes of a trie, as one trie.
    pub fn joined(source: &Trie, nodes: &[u32]) -> Self {
        let nothing = Below { classes: 0, chars: 0, inside: false };
        let mut joined = Trie {
            nodes: Vec::new(),
            tokens: Vec::new(),
            below: Vec::new(),
            root_below: nothing,
            fans: Vec::new(),
            children: Vec::new(),
        };
        joined.join_children(source, nodes.to_vec(), 1);
        for node in nodes {
            let root = &mut joined.root_below;
            // Where a node goes on with a character, its parent is inside of it.
            root.inside |= (0x80..0xC0).contains(&source.edge(*node).0);
            let (classes, chars) = source.through(*node);
            root.classes |= classes;
            root.chars = root.chars.max(chars);
        }
        joined.spread_fans();
        joined
    }

    /// Appends nodes of another trie, and all below them, as nodes of a depth.
    fn join_children(&mut self, source: &Trie, mut nodes: Vec<u32>, depth: u16) {
        nodes.sort_unstable_by_key(|&node| source.nodes[node as usize].byte);
        for alike in nodes.chunk_by(|&one, &other| source.edge(one).0 == source.edge(other).0) {
            if let [node] = *alike {
                self.copy(source, node, depth);
                continue;
            }
            let at = self.nodes.len();
            let (byte, tokens) = (source.edge(alike[0]).0, self.tokens.len() as u32);
            self.nodes.push(Node { end: 0, tokens, fan: 0, depth, byte });
            self.below.push(Below { classes: 0, chars: 0, inside: false });
            let mut children = Vec::new();
            for &node in alike {
                self.tokens.extend_from_slice(source.tokens_at(node));
                let Below { classes, chars, inside } = source.below[node as usize];
                let below = &mut self.below[at];
                below.classes |= classes;
                below.chars = below.chars.max(chars);
                below.inside |= inside;
                let (mut child, end) = source.child_range(node);
                while child < end {
                    children.push(child);
                    child = source.edge(child).1;
                }
            }
            // As deep as the longest token.
            stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
                self.join_children(source, children, depth + 1);
            });
            self.nodes[at].end = self.nodes.len() as u32;
        }
    }

    /// Appends a node of another trie with all below it, as one of a depth.
    fn copy(&mut self, source: &Trie, node: u32, depth: u16) {
        let (to, tokens_to) = (self.nodes.len() as u32, self.tokens.len() as u32);
        let range = node as usize..source.edge(node).1 as usize;
        let tokens_from = source.nodes[node as usize].tokens;
        let depth_from = source.nodes[node as usize].depth;
        self.nodes.extend(source.nodes[range.clone()].iter().map(|of| Node {
            end: of.end - node + to,
            tokens: of.tokens - tokens_from + tokens_to,
            fan: 0,
            depth: of.depth - depth_from + depth,
            byte: of.byte,
        }));
        self.below.extend_from_slice(&source.below[range]);
        self.tokens.extend_from_slice(source.tokens_within((node, source.edge(node).1)));
    }

    fn note_below(&mut self) {
        let nothing = Below { classes: 0, chars: 0, inside: false };
        self.below = vec![nothing; self.nodes.len()];
        // The open nodes above the one at hand, and the place each leaves a text at.
        let mut open: Vec<(u32, Place, ClassSet)> = Vec::new();
        for at in 0..=self.nodes.len() {
            let depth = self.nodes.get(at).map_or(1, |node| node.depth as usize);
            while open.len() >= depth {
                let Some((node, place, class)) = open.pop() else { break };
                let mut here = self.below[node as usize];
                if place != Place::Whole {
                    here.inside = true;
                    here.classes |= class;
                    if !self.tokens_at(node).is_empty() {
                        here.classes |= place.unfinished();
                        here.chars = here.chars.max(1);
                    }
                    self.below[node as usize] = here;
                }
                let parent = match open.last() {
                    Some(&(parent, ..)) => &mut self.below[parent as usize],
                    None => &mut self.root_below,
                };
                parent.classes |= here.classes | class;
                parent.chars = parent.chars.max(here.chars + u32::from(class != 0));
            }
            if let Some(node) = self.nodes.get(at) {
                let before = open.last().map_or(Place::Whole, |open| open.1);
                let (place, class) = before.step(node.byte);
                open.push((at as u32, place, class));
            }
        }
    }

    fn spread_fans(&mut self) {
        let root = self.fan(ROOT);
        self.fans.push(root);
        for at in 0..self.nodes.len() as u32 {
            let (first, end) = self.child_range(at);
            // Each child is at least one node.
            if (end - first) as usize <= FEW_CHILDREN {
                continue;
            }
            let mut count = 0;
            let mut child = first;
            while child < end && count <= FEW_CHILDREN {
                count += 1;
                child = self.nodes[child as usize].end;
            }
            if count > FEW_CHILDREN {
                self.nodes[at as usize].fan = self.fans.len() as u32;
                let fan = self.fan(at);
                self.fans.push(fan);
            }
        }
    }

    fn fan(&mut self, node: u32) -> Fan {
        let mut fan = Fan { bytes: [0; 4], start: self.children.len() as u32 };
        let (mut child, end) = self.child_range(node);
        while child < end {
            let Node { byte, end, .. } = self.nodes[child as usize];
            fan.bytes[byte as usize / 64] |= 1 << (byte % 64);
            self.children.push(child);
            child = end;
        }
        fan
    }

    /// The nodes below `node`, the children among them.
    #[inline]
    pub fn child_range(&self, node: u32) -> (u32, u32) {
        match node {
            ROOT => (0, self.nodes.len() as u32),
            _ => (node + 1, self.nodes[node as usize].end),
        }
    }

    /// The table of a node's children, if there are many.
    #[inline]
    pub fn fan_of(&self, node: u32) -> Option<&Fan> {
        match node {
            ROOT => self.fans.first(),
            _ => match self.nodes[node as usize].fan {
                0 => None,
                fan => self.fans.get(fan as usize),
            },
        }
    }

    /// The children in a fan whose bytes are in `low..=high`.
    #[inline]
    pub fn children_within(&self, fan: &Fan, low: u8, high: u8) -> &[u32] {
        let start = fan.start as usize + fan.rank(low as u32);
        let end = fan.start as usize + fan.rank(high as u32 + 1);
        &self.children[start..end]
    }

    /// The children of a node by some bytes.
    pub fn children_by<'a>(
        &'a self,
        node: u32,
        bytes: &'a [bool; 256],
    ) -> impl Iterator<Item = u32> + 'a {
        let (mut child, end) = self.child_range(node);
        let table = self.fan_of(node).map(|fan| self.children_within(fan, 0, u8::MAX));
        let mut listed = table.unwrap_or_default().iter().copied();
        let by_edges = std::iter::from_fn(move || {
            if table.is_some() {
                return listed.next();
            }
            let at = (child < end).then_some(child)?;
            child = self.edge(at).1;
            Some(at)
        });
        by_edges.filter(|&child| bytes[self.edge(child).0 as usize])
    }

    /// Whether a node has a child whose byte is in `low..=high`.
    pub fn has_child_within(&self, node: u32, low: u8, high: u8) -> bool {
        if let Some(fan) = self.fan_of(node) {
            return !self.children_within(fan, low, high).is_empty();
        }
        let (mut child, end) = self.child_range(node);
        while child < end {
            let (byte, next) = self.edge(child);
            if byte >= low {
                return byte <= high;
            }
            child = next;
        }
        false
    }

    /// The child of a node by its byte.
    #[inline]
    pub fn child(&self, node: u32, byte: u8) -> Option<u32> {
        if let Some(fan) = self.fan_of(node) {
            return self.children_within(fan, byte, byte).first().copied();
        }
        let (mut child, end) = self.child_range(node);
        while child < end {
            let (of_child, next) = self.edge(child);
            if of_child >= byte {
                return (of_child == byte).then_some(child);
            }
            child = next;
        }
        None
    }

    /// The byte of a node, and the first node after its subtree.
    #[inline]
    pub fn edge(&self, node: u32) -> (u8, u32) {
        let node = &self.nodes[node as usize];
        (node.byte, node.end)
    }

    /// The number of bytes from the root to a node.
    pub fn depth(&self, node: u32) -> usize {
        self.nodes[node as usize].depth as usize
    }

    /// The classes of all characters below a node, and the most of them that one token has there.
    /// [`BROKEN`] is among the classes where the node is inside of a character.
    #[inline]
    pub fn below(&self, node: u32) -> (ClassSet, u32) {
        let Below { classes, chars, inside } = *match node {
            ROOT => &self.root_below,
            _ => &self.below[node as usize],
        };
        (if inside { classes | BROKEN } else { classes }, chars)
    }

    /// As [`Trie::below`], of a child of a node that is not inside of a character, with the child's
    /// own byte: what the tokens at and below the child have after the node.
    #[inline]
    pub fn through(&self, child: u32) -> (ClassSet, u32) {
        let Below { classes, chars, inside } = self.below[child as usize];
        match inside {
            true => (classes, chars),
            false => (classes | of_ascii(self.nodes[child as usize].byte), chars + 1),
        }
    }

    /// Whether a node is inside of a character, or of what is none.
    #[inline]
    pub fn is_inside(&self, node: u32) -> bool {
        match node {
            ROOT => self.root_below.inside,
            _ => self.below[node as usize].inside,
        }
    }

    /// The tokens that end at a node. Ids sorted by bytes are ids in preorder, so these are the run
    /// from where the node was made to where the next one was; an inner node made for a longer
    /// token starts where its child does.
    #[inline]
    pub fn tokens_at(&self, node: u32) -> &[u32] {
        let start = self.nodes[node as usize].tokens as usize;
        &self.tokens[start..self.tokens_before(node + 1)]
    }

    /// The tokens that end in a range of nodes.
    pub fn tokens_within(&self, (first, end): (u32, u32)) -> &[u32] {
        &self.tokens[self.tokens_before(first)..self.tokens_before(end)]
    }

    #[inline]
    fn tokens_before(&self, node: u32) -> usize {
        self.nodes.get(node as usize).map_or(self.tokens.len(), |node| node.tokens as usize)
    }

    /// A token at or below a node.
    pub fn first_token(&self, node: u32) -> u32 {
        self.tokens[self.nodes[node as usize].tokens as usize]
    }

    /// All tokens, sorted by their bytes.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// An estimate of the trie's size in bytes.
    pub fn memory(&self) -> usize {
        self.nodes.len() * (size_of::<Node>() + size_of::<Below>())
            + self.tokens.len() * 4
            + self.fans.len() * size_of::<Fan>()
            + self.children.len() * 4
    }
}

impl Fan {
    /// The highest byte of a child.
    #[inline]
    pub fn last(&self) -> u8 {
        let at = (0..4).rev().find(|&at| self.bytes[at] != 0).unwrap_or(0);
        (at as u32 * 64 + 63u32.saturating_sub(self.bytes[at].leading_zeros())) as u8
    }

    /// How many children have a byte below `byte`.
    #[inline]
    fn rank(&self, byte: u32) -> usize {
        let (word, bit) = ((byte / 64) as usize, byte % 64);
        let mut rank = 0;
        for &bytes in &self.bytes[..word] {
            rank += bytes.count_ones();
        }
        if bit != 0 {
            rank += (self.bytes[word] & ((1 << bit) - 1)).count_ones();
        }
        rank as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::random::Random;

    /// Some texts of ASCII, of characters of several bytes, and of what is no UTF-8.
    fn texts(random: &mut Random) -> Vec<Vec<u8>> {
        let parts = ["a", "b", " ", "é", "語", "\u{301}", "😀"];
        let mut texts: Vec<Vec<u8>> = (0..200)
            .map(|_| {
                let mut text = Vec::new();
                for _ in 0..=random.below(5) {
                    text.extend_from_slice(parts[random.below(7) as usize].as_bytes());
                }
                match random.below(4) {
                    0 => text.truncate(1 + random.below(text.len() as u64) as usize),
                    1 => text.push(random.below(256) as u8),
                    _ => {}
                }
                text
            })
            .collect();
        texts.sort();
        texts.dedup();
        texts
    }

    fn trie_of(texts: &[Vec<u8>]) -> Trie {
        let ids: Vec<u32> = (0..texts.len() as u32).collect();
        Trie::new(&ids, |id| &texts[id as usize])
    }

    /// Every token at and below a node, with its bytes from the node on.
    fn entries(trie: &Trie, node: u32, texts: &[Vec<u8>]) -> Vec<(Vec<u8>, u32)> {
        let from = trie.depth(node) - 1;
        let tokens = trie.tokens_within((node, trie.edge(node).1));
        tokens.iter().map(|&token| (texts[token as usize][from..].to_vec(), token)).collect()
    }

    #[test]
    fn joined_nodes_have_the_tokens_of_all() {
        let mut random = Random(1);
        for _ in 0..200 {
            let texts = texts(&mut random);
            let trie = trie_of(&texts);
            let nodes: Vec<u32> =
                (0..10).map(|_| random.below(trie.child_range(ROOT).1.into())).collect();
            let mut wanted: Vec<(Vec<u8>, u32)> =
                nodes.iter().flat_map(|&node| entries(&trie, node, &texts)).collect();
            let joined = Trie::joined(&trie, &nodes);
            let (mut found, mut path) = (Vec::new(), Vec::new());
            for node in 0..joined.child_range(ROOT).1 {
                path.truncate(joined.depth(node) - 1);
                path.push(joined.edge(node).0);
                found.extend(joined.tokens_at(node).iter().map(|&token| (path.clone(), token)));
                let parent = joined.depth(node) > 1;
                assert!(parent || joined.child(ROOT, path[0]) == Some(node));
            }
            wanted.sort();
            found.sort();
            assert_eq!(found, wanted);
        }
    }

    #[test]
    fn the_classes_through_a_node_are_those_of_its_tokens() {
        let mut random = Random(1);
        for _ in 0..200 {
            let texts = texts(&mut random);
            let trie = trie_of(&texts);
            for node in 0..trie.child_range(ROOT).1 {
                let before = trie.depth(node) - 1;
                let step = |at: (Place, ClassSet), &byte: &u8| at.0.step(byte);
                let start = texts[trie.first_token(node) as usize][..before]
                    .iter()
                    .fold((Place::Whole, 0), step)
                    .0;
                if start != Place::Whole {
                    continue;
                }
                let (mut classes, mut most) = (0, 0);
                for (text, _) in entries(&trie, node, &texts) {
                    let (mut place, mut chars) = (start, 0);
                    for byte in text {
                        let (next, class) = place.step(byte);
                        (place, classes) = (next, classes | class);
                        chars += u32::from(class != 0);
                    }
                    classes |= place.unfinished();
                    most = most.max(chars + u32::from(matches!(place, Place::Inside { .. })));
                }
                let (found, chars) = trie.through(node);
                assert_eq!(found, classes);
                assert!(chars == most || classes & BROKEN != 0);
                assert!(!trie.is_inside(node) || trie.below(node).0 & BROKEN != 0);
            }
        }
    }
}
